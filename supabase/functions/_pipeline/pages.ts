import type { ParsedPages } from "../_shared/llamaparse_content.ts";

/** What is known of a document's pages: the text of each, "" where there is none, and those that the parser failed on. */
export interface Pages {
  /** Page 1 is the first. */
  texts: string[];
  /** Page numbers from 1, ascending. */
  unread: number[];
}

/**
 * A reading, laid over what earlier ones gave. A page that it failed on, or found nothing on, keeps the text that it had.
 * @param asked the page numbers that were asked for; null: all
 */
export function mergeReading(
  earlier: Pages,
  result: ParsedPages,
  asked: number[] | null,
): Pages {
  const { pages, failedPages } = numberedAsAsked(result, asked);
  const read = new Map(pages.map(({ page, markdown }) => [page, markdown]));
  const failed = new Set(failedPages.map(({ page }) => page));
  const last = Math.max(earlier.texts.length, ...read.keys(), ...failed);
  const wasAsked = new Set(asked ?? range(1, last));
  const wasUnread = new Set(earlier.unread);

  const merged: Pages = { texts: [], unread: [] };
  for (const page of range(1, last)) {
    const before = earlier.texts[page - 1] ?? "";
    const now = read.get(page)?.trim();
    const text = now || before;
    merged.texts.push(text);
    // The parser says nothing at all of a page that it lost.
    const missing = now === undefined &&
      (wasAsked.has(page) || wasUnread.has(page));
    if (missing && text === "") merged.unread.push(page);
  }
  return merged;
}

/** The pages that were asked for may come back under their own numbers, or counted from 1. */
function numberedAsAsked(
  result: ParsedPages,
  asked: number[] | null,
): ParsedPages {
  if (!asked) return result;
  const numbers = [...result.pages, ...result.failedPages]
    .map(({ page }) => page).sort((a, b) => a - b);
  const areOwn = numbers.every((page) => asked.includes(page));
  const areCounted = numbers.length === asked.length &&
    numbers.every((page, i) => page === i + 1);
  if (areOwn || !areCounted) return result;
  const inOrder = asked.toSorted((a, b) => a - b);
  const renumber = <P extends { page: number }>(entry: P) => ({
    ...entry,
    page: inOrder[entry.page - 1],
  });
  return {
    pages: result.pages.map(renumber),
    failedPages: result.failedPages.map(renumber),
  };
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
  return pageStarts.map((start, i) =>
    markdown.slice(start, pageStarts[i + 1]).trim()
  );
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
