import { resolve } from "node:path";
import type { AlertRule } from "./rules.ts";

const RUNBOOK = resolve(import.meta.dirname!, "../../../docs/runbook.md");

/** A block of a remedy: SQL statements, or shell commands. */
export interface Step {
  language: "sql" | "sh";
  text: string;
}

/** An alert's row in the runbook's table. */
export interface ListedRule extends AlertRule {
  /** `both`, or the only source that raises it, with the reason. */
  toldBy: string;
}

export interface Runbook {
  rules: ListedRule[];
  /** The blocks of an alert's remedy, or of the remedy that it refers to. */
  remedies: Map<string, Step[]>;
}

export function readRunbook(
  text: string = Deno.readTextFileSync(RUNBOOK),
): Runbook {
  const rules = [...text.matchAll(ROW)].map(([, ...cells]) => listed(cells));
  const sections = new Map(
    [...text.matchAll(/^## (Pipeline\w+)\n([\s\S]*?)(?=^## )/gm)]
      .map(([, alert, section]) => [alert, section.split("**Remedy:**")[1]]),
  );
  const remedies = [...sections].map(([alert, remedy = ""]) => {
    const other = /^\s*as \[(\w+)\]/.exec(remedy)?.[1];
    return [alert, steps(sections.get(other ?? alert) ?? "")] as const;
  });
  return { rules, remedies: new Map(remedies) };
}

/** A row of the table of alerts: each cell up to the next bar. */
const ROW = /^\| \[(Pipeline\w+)\]\(#\w+\)((?: *\|[^|\n]*){6})\|$/gm;

function listed([name, rest]: string[]): ListedRule {
  const [severity, , bound, after, over, toldBy] = rest.split("|").slice(1)
    .map((cell) => cell.trim());
  const [, amount, unit] = /^(?:below )?([\d.]+)( %| s|)$/.exec(bound) ?? [];
  if (!amount) throw new Error(`${name} has no threshold: ${bound}`);
  return {
    name,
    severity,
    threshold: Number(unit === " %" ? `${amount}e-2` : amount),
    forSeconds: minutes(after) * 60,
    keepFiringSeconds: minutes(over) * 60,
    toldBy,
  };
}

function minutes(text: string): number {
  if (text === "at once") return 0;
  const [, count] = /^(\d+) min$/.exec(text) ?? [];
  if (!count) throw new Error(`no duration: ${text}`);
  return Number(count);
}

function steps(remedy: string): Step[] {
  return [...remedy.matchAll(/^```(sql|sh)\n([\s\S]*?)^```/gm)]
    .map(([, language, text]) => ({ language, text }) as Step);
}
