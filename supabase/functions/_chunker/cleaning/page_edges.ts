/** A line at the top or bottom of a page, where running headers, footers and page numbers are. */
export interface EdgeLine {
  /** Index among the pages. */
  page: number;
  /** Index among the page's lines. */
  line: number;
  edge: "top" | "bottom";
  text: string;
}

/** The most lines at each edge that may be no text: a header of two or three lines and a page number. */
const DEPTH = 4;
/** UTF-16 units. */
const LONGEST = 150;

/**
 * The lines at a page's edges, from the outermost inwards, until one that is certainly text: long, or of a list, table
 * or code.
 */
export function edgeLines(lines: string[], page: number): EdgeLine[] {
  const filled = lines.flatMap((text, line) => text.trim() === "" ? [] : line);
  const top = filled.slice(0, DEPTH);
  const bottom = filled.slice(-DEPTH).reverse();
  const edge = (indices: number[], edge: "top" | "bottom") => {
    const end = indices.findIndex((line) => isText(lines[line]));
    return indices.slice(0, end === -1 ? undefined : end)
      .map((line) => ({ page, line, edge, text: lines[line] }));
  };
  return [...edge(top, "top"), ...edge(bottom, "bottom")];
}

function isText(line: string): boolean {
  return line.length > LONGEST ||
    /^\s*(?:\||[*+]\s|-\s+[^\d\s]|>|```|~~~|<(?:table|t[rdh]|\/))/i.test(line);
}

/** The line without emphasis and spacing, in lower case, for comparison. */
export function bareText(line: string): string {
  return line.replace(
    /<\/?(?:u|b|i|em|strong|small|center|sub|sup|p|div)>/gi,
    "",
  )
    .replace(/[*_`]/g, "").replace(/\s+/g, " ").trim().toLowerCase();
}
