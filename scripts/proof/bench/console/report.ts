import { formatMs } from "../../../dev/terminal/table.ts";
import type { Section } from "../report.ts";
import { type ConsoleResult, MOST_MS } from "./console.ts";

export function consoleSections({ jobs, rounds, screens }: ConsoleResult): Section[] {
  const right = (title: string) => ({ title, align: "right" as const });
  return [{
    title: "Operators' screens",
    notes: [
      `From the address to the content in Chromium, without its cache, with ${
        jobs.toLocaleString("en-US")
      } jobs in the ` +
      `database; ${rounds} times each, after one to warm up. At most ${formatMs(MOST_MS)} is the target.`,
      "Browser, gateway, functions and database share the machine.",
    ],
    tables: [{
      columns: [{ title: "screen" }, right("p50"), right("most"), { title: "" }],
      rows: screens.map(({ name, p50, most }) => [
        name,
        formatMs(p50),
        formatMs(most),
        most <= MOST_MS ? "met" : "not met",
      ]),
    }],
  }];
}
