import { resolve } from "node:path";

const RUNBOOK = resolve(import.meta.dirname!, "../../../docs/runbook.md");

/** A block of a remedy: SQL statements, or shell commands. */
export interface Step {
  language: "sql" | "sh";
  text: string;
}

/** The blocks of each alert's remedy, or of the remedy that it refers to, by the alert's name. */
export type Remedies = Map<string, Step[]>;

export function readRemedies(
  text: string = Deno.readTextFileSync(RUNBOOK),
): Remedies {
  const sections = new Map(
    [...text.matchAll(/^## (Pipeline\w+)\n([\s\S]*?)(?=^## )/gm)]
      .map(([, alert, section]) => [alert, section.split("**Remedy:**")[1]]),
  );
  const remedies = [...sections].map(([alert, remedy = ""]) => {
    const other = /^\s*as \[(\w+)\]/.exec(remedy)?.[1];
    return [alert, steps(sections.get(other ?? alert) ?? "")] as const;
  });
  return new Map(remedies);
}

function steps(remedy: string): Step[] {
  return [...remedy.matchAll(/^```(sql|sh)\n([\s\S]*?)^```/gm)]
    .map(([, language, text]) => ({ language, text }) as Step);
}
