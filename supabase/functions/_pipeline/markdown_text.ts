/**
 * The Markdown without what Postgres or a reader cannot take: control characters (`text` refuses U+0000), byte order
 * marks, unpaired surrogates; every line ends with a line feed. The offsets at which pages start move along.
 * @throws {RangeError} if the offsets do not ascend within the text
 */
export function cleanPages(
  markdown: string,
  pageStarts: number[],
): { text: string; pageStarts: number[] } {
  // Before it is cut, for a page may start amid a character; this changes no offset.
  const whole = markdown.toWellFormed();
  const cleaned: string[] = [];
  const starts: number[] = [];
  let length = 0;
  let from = 0;
  for (const start of [...pageStarts, markdown.length]) {
    if (!(start >= from && start <= markdown.length)) {
      throw new RangeError("pageStarts must ascend within the Markdown");
    }
    const page = clean(whole.slice(from, start));
    cleaned.push(page);
    length += page.length;
    starts.push(length);
    from = start;
  }
  return { text: cleaned.join(""), pageStarts: starts.slice(0, -1) };
}

function clean(text: string): string {
  return text
    .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, "\n")
    .replace(/[^\P{Cc}\t\n]|\ufeff/gu, "");
}

/** The page, from 1, that holds this offset; null if no page starts are known. */
export function pageOf(offset: number, pageStarts: number[]): number | null {
  if (pageStarts.length === 0) return null;
  let low = 0;
  let high = pageStarts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pageStarts[middle] <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(1, low);
}
