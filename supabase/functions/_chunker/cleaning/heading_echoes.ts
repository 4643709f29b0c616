import type { EdgeLine } from "./page_edges.ts";

/** A line with fewer letters may match the beginning of a heading by chance. */
const FEWEST_LETTERS = 8;
/** The least number of pages on which lines that repeat headings are running lines. */
const FEWEST_PAGES = 3;

/**
 * The lines at pages' tops that repeat a heading of another page, shortened or in capitals, after its number or that of
 * its chapter: `CHAPTER 3. CHOOSING A DEBIAN … 3.1. WHICH DEBIAN …`. Running lines that name the section differ from
 * page to page, so counting does not find them.
 */
export function headingEchoes(
  edges: EdgeLine[],
  pages: string[][],
): EdgeLine[] {
  const titles = new Map<string, number>();
  for (const [page, lines] of pages.entries()) {
    for (const line of lines) {
      if (!/^#{1,6}\s/.test(line) || line.length > 300) continue;
      const title = wordsOf(line);
      // The first page that contains it; on that page, the line is next to its heading.
      if (!titles.has(title)) titles.set(title, page);
    }
  }
  const sorted = [...titles.keys()].sort();
  const echoes = edges.filter(({ edge, text, page }) => {
    if (edge !== "top" || /^\s*#/.test(text)) return false;
    const words = wordsOf(text);
    if (words.replaceAll(" ", "").length < FEWEST_LETTERS) return false;
    const title = sorted[firstFrom(sorted, words)];
    return title?.startsWith(words) && titles.get(title) !== page;
  });
  const found = new Set(echoes.map(({ page }) => page)).size;
  return found >= FEWEST_PAGES ? echoes : [];
}

/** The title at the beginning of a line: without its number, up to an ellipsis or the next number. */
function wordsOf(line: string): string {
  return line.toLowerCase()
    .replace(/^[\s#*_]+/, "")
    .replace(
      /^(?:chapter|kapitel|chapitre|capítulo|capitolo|hoofdstuk|part|teil|section|appendix|anhang|annexe)\s+[\divxlca-z]{1,5}\b/,
      "",
    )
    .replace(/^[\s.:–-]*(?:[\da-z]{1,2}(?:\.\d{1,3}){0,4}[.:)]?\s)?/, "")
    .split(/…|\.{3}|\s\d{1,2}\.\d/, 1)[0]
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** The index of the first title that does not sort before these words. */
function firstFrom(sorted: string[], words: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < words) low = middle + 1;
    else high = middle;
  }
  return low;
}
