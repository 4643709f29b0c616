import { emptyPages } from "../_chunker/page_text.ts";
import type { ParsedPages } from "../_providers/llamaparse_content.ts";

/** The text of a document's pages. Numbers count from 1 and ascend. */
export interface Pages {
  /** The text of each page, page 1 first; "" for a page without text. */
  texts: string[];
  /** Those that the parser failed on. */
  unread: number[];
  /** Those without text: they are empty, or the parser recognised nothing. */
  empty: number[];
}

/**
 * Merges a parse into earlier ones. A page that failed or has no text keeps its earlier text.
 * @param asked the page numbers that were asked for; null: all
 */
export function mergeReading(
  earlier: Pages,
  result: ParsedPages,
  asked: number[] | null,
): Pages {
  const { pages, failedPages } = result;
  const read = new Map(pages.map(({ page, markdown }) => [page, markdown]));
  const failed = new Set(failedPages.map(({ page }) => page));
  const last = Math.max(earlier.texts.length, ...read.keys(), ...failed);
  const wasAsked = new Set(asked ?? range(1, last));
  const wasUnread = new Set(earlier.unread);

  const merged: Pages = { texts: [], unread: [], empty: [] };
  for (const page of range(1, last)) {
    const before = earlier.texts[page - 1] ?? "";
    const now = read.get(page)?.trim();
    const text = now || before;
    merged.texts.push(text);
    // The parser does not mention a page that it lost.
    const missing = now === undefined &&
      (wasAsked.has(page) || wasUnread.has(page));
    if (missing && text === "") merged.unread.push(page);
  }
  const isUnread = new Set(merged.unread);
  const wasEmpty = new Set(earlier.empty);
  // The rows of these stand in the table of an earlier page.
  const inTables = new Set(
    pages.flatMap(({ page, mergedInto }) => mergedInto ? [page] : []),
  );
  merged.empty = emptyPages(merged.texts).filter((page) =>
    !isUnread.has(page) && !inTables.has(page) &&
    (read.has(page) || wasEmpty.has(page))
  );
  return merged;
}

/** One Markdown text of all pages, in order, and where each begins in it, in UTF-16 code units. */
export function joinPages(
  texts: string[],
): { markdown: string; pageStarts: number[] } {
  const pageStarts: number[] = [];
  let markdown = "";
  for (const text of texts) {
    pageStarts.push(markdown.length);
    if (text) markdown += `${text}\n\n`;
  }
  return { markdown, pageStarts };
}

/** The texts that `joinPages` joined. */
export function splitPages(markdown: string, pageStarts: number[]): string[] {
  return pageStarts.map((start, i) => markdown.slice(start, pageStarts[i + 1]).trim());
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
