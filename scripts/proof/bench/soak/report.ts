import type { Section } from "../report.ts";
import type { SoakResult } from "./soak.ts";

export function soakSections(result: SoakResult): Section[] {
  const { minutes, completed, deleted, documents, stuck, growth } = result;
  const right = (title: string) => ({ title, align: "right" as const });
  return [{
    title: "Table sizes while documents are added and deleted",
    notes: [
      `${count(minutes, "minute")}, seed ${result.seed}: ${count(completed, "document")} completed every stage and ${
        count(deleted, "was", "were")
      } deleted, which kept their number constant; ${
        count(documents, "was", "were")
      } present at the end, ${stuck} of them stuck. ` +
      "All changes are calls of the database functions that the API, the webhook and the workers call; history is retained for 20 seconds.",
      "growth: the final size, with indexes, divided by the size at half-time; about 1 once autovacuum keeps up, which takes some minutes because it runs once a minute. most dead: the most rows that waited for a vacuum at one time.",
    ],
    tables: [{
      columns: [
        { title: "table" },
        right("at first"),
        right("at the end"),
        right("growth"),
        right("live rows"),
        right("most dead"),
        right("vacuums"),
      ],
      rows: growth.map((table) => [
        table.name,
        megabytes(table.firstBytes),
        megabytes(table.lastBytes),
        table.factor.toFixed(2),
        table.live.toLocaleString("en"),
        table.mostDead.toLocaleString("en"),
        String(table.vacuums),
      ]),
    }],
  }];
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

function count(
  amount: number,
  one: string,
  many: string = `${one}s`,
): string {
  return `${amount.toLocaleString("en")} ${amount === 1 ? one : many}`;
}
