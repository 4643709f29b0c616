import pc from "picocolors";
import type { Environment } from "./machine.ts";
import { alignedLines, markdownLines, type Table } from "../../dev/terminal/table.ts";

/** A part of a report: notes, then tables. */
export interface Section {
  title: string;
  notes: string[];
  tables: Table[];
}

export interface Report {
  /** A measurement: a chapter of BENCHMARKS.md. */
  name:
    | "engine"
    | "live"
    | "pipeline"
    | "api"
    | "soak"
    | "views"
    | "console"
    | "pages"
    | "cpu"
    | "search"
    | "search-scale";
  title: string;
  command: string;
  environment: Environment;
  sections: Section[];
}

/** Formats for a terminal. */
export function printReport(report: Report): void {
  for (const { title, notes, tables } of report.sections) {
    console.log(`\n${pc.bold(title)}`);
    for (const note of notes) console.log(pc.dim(wrap(note)));
    for (const table of tables) {
      console.log();
      for (const line of alignedLines(table)) console.log(coloured(line));
    }
  }
  console.log(`\n${pc.dim(environmentLine(report.environment))}`);
}

function coloured(line: string): string {
  return line
    .replace(/not met$/, (word) => pc.red(word))
    .replace(/(?<!not )met$/, (word) => pc.green(word));
}

/** Formats as a chapter in Markdown. */
export function markdownReport(report: Report): string {
  const lines = [
    `## ${report.title}`,
    "",
    `\`${report.command}\`, ${environmentLine(report.environment)}`,
    "",
  ];
  for (const { title, notes, tables } of report.sections) {
    lines.push(`### ${title}`, "");
    for (const note of notes) lines.push(`- ${note}`);
    if (notes.length > 0) lines.push("");
    for (const table of tables) lines.push(...markdownLines(table), "");
  }
  return lines.join("\n");
}

function environmentLine(environment: Environment): string {
  const { date, processor, cores, memoryGb, system, loadBefore, versions } = environment;
  const list = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`).join(", ");
  return `on ${date}: ${cores} cores (${processor}), ${memoryGb} GB, ${system}; ` +
    `load before: ${loadBefore.toFixed(1)}. ${list}. Every commit is synced to the disk.`;
}

/** Wraps to lines of at most 100 characters. */
function wrap(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 100) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines.join("\n");
}
