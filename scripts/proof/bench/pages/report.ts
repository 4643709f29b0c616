import type { Section } from "../report.ts";
import type { ManualResult, PagesResult } from "./pages.ts";

export function pagesSections({ manuals }: PagesResult): Section[] {
  const right = (title: string) => ({ title, align: "right" as const });
  const found = ({ verbatim }: ManualResult, mode: "text" | "hybrid") =>
    `${verbatim[mode].found} of ${verbatim[mode].asked}`;
  return [{
    title: "The page that is answered",
    notes: [
      "Debian's manuals as PDFs, uploaded through the product and read by the parser's stand-in. Sentences that stand on one " +
      "page alone, as pdf.js reads it, are asked for word by word: in how many cases the first passage has the sentence, and " +
      "in how many of these it names another page than that on which the sentence stands. Contents first: questions to which " +
      "the first passage is from a page of contents. The embedder is a simulator that compares words.",
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
