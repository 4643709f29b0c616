/** A page as the parser wrote it or, after cleaning, the part of it that is worth finding. */
export interface Page {
  /** From 1; null if pages are unknown and the whole document counts as one. */
  number: number | null;
  text: string;
}

/**
 * The document's pages, without characters that Postgres or a reader cannot use: control characters (`text` refuses
 * U+0000), byte order marks, unpaired surrogates. Every line ends with a line feed.
 * @param pageStarts UTF-16 offsets at which pages 1, 2, … start
 * @throws {RangeError} if the offsets do not ascend within the text
 */
export function readPages(markdown: string, pageStarts: number[]): Page[] {
  // Before it is cut, because a page may start within a character; this changes no offset.
  const whole = markdown.toWellFormed();
  if (pageStarts.length === 0) return [{ number: null, text: legible(whole) }];
  let from = 0;
  for (const start of pageStarts) {
    if (!(start >= from && start <= whole.length)) {
      throw new RangeError("pageStarts must ascend within the Markdown");
    }
    from = start;
  }
  // Text before the first page's start belongs to that page.
  const starts = [0, ...pageStarts.slice(1)];
  return starts.map((start, i) => ({
    number: i + 1,
    text: legible(whole.slice(start, starts[i + 1])),
  }));
}

/** The text without characters that Postgres refuses or a reader cannot see; every line ends with a line feed. */
export function legible(text: string): string {
  return text
    .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, "\n")
    .replace(/[^\P{Cc}\t\n]|\ufeff/gu, "");
}
