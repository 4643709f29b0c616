import { resolve } from "node:path";
import type { AlertRule } from "./rules.ts";

const RUNBOOK = resolve(import.meta.dirname!, "../../../docs/runbook.md");

/** A block of a remedy: statements of SQL, or lines for a shell. */
export interface Step {
  language: "sql" | "sh";
  text: string;
}

/** What the runbook's table says of an alert. */
export interface ListedRule extends AlertRule {
  /** `both`, or who alone tells of it and why. */
  toldBy: string;
}

export interface Runbook {
  rules: ListedRule[];
  /** The blocks under an alert's remedy, or under that of the alert which it refers to. */
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
  if (!amount) throw new Error(`${name} has no bound: ${bound}`);
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
