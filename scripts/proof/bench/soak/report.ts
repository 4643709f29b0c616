import type { Section } from "../report.ts";
import type { SoakResult } from "./soak.ts";

export function soakSections(result: SoakResult): Section[] {
  const { minutes, completed, deleted, documents, stuck, growth } = result;
  const right = (title: string) => ({ title, align: "right" as const });
  return [{
    title: "What stays of documents that come and go",
    notes: [
      `${count(minutes, "minute")}, seed ${result.seed}: ${
        count(completed, "document")
      } went through every stage and ${
        count(deleted, "was", "were")
      } deleted meanwhile, so that about as many were there all the time; ${
        count(documents, "was", "were")
      } there at the end, ${stuck} of them stuck. ` +
      "Through the database's own functions, as the API, the webhook and the workers call them; history is kept for 20 seconds.",
      "growth: the size at the end, with indexes, divided by that half-way; about 1 once vacuums keep up, for which autovacuum, " +
      "which looks once a minute, needs some minutes. most dead: rows that waited for a vacuum, at the worst moment.",
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
