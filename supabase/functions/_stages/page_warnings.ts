import type { WarningCode } from "../_shared/error_codes.ts";
import { isCut } from "../_providers/llamaparse_content.ts";
import type { Pages } from "./pages.ts";
import type { Submission } from "./submissions.ts";

/** A warning about a complete document's text. A type, so that it is JSON. */
export type Warning = {
  code: WarningCode;
  message: string;
  /** Numbers from 1, ascending. */
  pages: number[];
};

/** How the pages were parsed, and the document's earlier warnings. */
type ReadingSoFar = Pick<Submission, "ocr" | "pages" | "warnings">;

export function pageWarnings(
  { texts, unread, empty }: Pages,
  reading: ReadingSoFar,
): Warning[] {
  const cut = texts.flatMap((text, i) => isCut(text) ? [i + 1] : []);
  const warnings: Warning[] = [
    {
      code: "PAGES_UNREAD",
      message: `the parser failed on ${pageList(unread)}; read again what it failed on`,
      pages: unread,
    },
    emptyWarning(empty, reading),
    {
      code: "PAGES_CUT",
      message: `${pageList(cut)} held more text than the parser returns of a page, 64 KB; the rest is missing`,
      pages: cut,
    },
  ];
  return warnings.filter(({ pages }) => pages.length > 0);
}

/** The message mentions OCR only if all of the pages were parsed with it. */
function emptyWarning(
  empty: number[],
  { ocr, pages, warnings }: ReadingSoFar,
): Warning {
  const code = "PAGES_EMPTY";
  const wereRead = pages === null ||
    empty.every((page) => pages.includes(page));
  const before = warnings.find((warning) => warning.code === code);
  if (!wereRead && before?.pages.join() === empty.join()) return before;
  const advice = ocr && wereRead ? ", even with OCR" : "; if they are scanned, read them again with OCR";
  return {
    code,
    message: `no text was found on ${pageList(empty)}${advice}`,
    pages: empty,
  };
}

/** `page 3`, `pages 2–5, 8 and 10` */
export function pageList(pages: number[]): string {
  const ranges: [number, number][] = [];
  for (const page of pages) {
    const last = ranges.at(-1);
    if (last && last[1] === page - 1) last[1] = page;
    else ranges.push([page, page]);
  }
  const named = ranges.map(([from, to]) => from === to ? `${from}` : `${from}–${to}`);
  const all = named.length > 1 ? `${named.slice(0, -1).join(", ")} and ${named.at(-1)}` : named[0];
  return `${pages.length === 1 ? "page" : "pages"} ${all}`;
}
