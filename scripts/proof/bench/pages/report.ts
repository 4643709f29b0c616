import type { Section } from "../report.ts";
import type { ManualResult, PagesResult } from "./pages.ts";

export function pagesSections({ manuals }: PagesResult): Section[] {
  const right = (title: string) => ({ title, align: "right" as const });
  const found = ({ verbatim }: ManualResult, mode: "text" | "hybrid") =>
    `${verbatim[mode].found} of ${verbatim[mode].asked}`;
  return [{
    title: "Page numbers",
    notes: [
      "Debian's manuals as PDFs, uploaded through the API and parsed by the LlamaParse simulator. Sentences that occur on one page only, as pdf.js reads it, are searched for word by word: found counts first hits with the sentence, and wrong pages those of them that name another page. Contents first: questions whose first hit is from a table of contents. The embedder is a simulator that compares words.",
    ],
    tables: [{
      columns: [
        { title: "manual" },
        right("pages"),
        right("chunks"),
        right("on two pages"),
        right("on more"),
        right("found, words"),
        right("wrong pages"),
        right("found, hybrid"),
        right("wrong pages"),
        right("contents first"),
      ],
      rows: manuals.map((manual) => [
        manual.name,
        String(manual.pages),
        String(manual.chunks),
        String(manual.onTwoPages),
        String(manual.onMorePages),
        found(manual, "text"),
        String(manual.verbatim.text.wrongPages.length),
        found(manual, "hybrid"),
        String(manual.verbatim.hybrid.wrongPages.length),
        `${manual.contentsFirst} of ${manual.questions}`,
      ]),
    }],
  }];
}
