/** Beyond this no document has pages; a range that ends further is a slip. */
const MOST = 10_000;

/**
 * The page numbers in `1-3, 7`, ascending and each once.
 * @returns an empty list for an empty text, null for one that is not a list of pages
 */
export function readPages(text: string): number[] | null {
  const pages = new Set<number>();
  for (const part of text.split(/[,;\s]+(?![-–])/).map((part) => part.replace(/\s/g, "")).filter(Boolean)) {
    const [, first, last = first] = /^(\d{1,6})(?:[-–](\d{1,6}))?$/.exec(part) ?? [];
    if (first === undefined) return null;
    const [from, to] = [Number(first), Number(last)];
    if (from < 1 || to < from || to > MOST) return null;
    for (let page = from; page <= to; page++) pages.add(page);
  }
  return [...pages].sort((a, b) => a - b);
}
