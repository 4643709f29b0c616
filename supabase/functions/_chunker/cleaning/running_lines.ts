import { fencedLines } from "../fences.ts";
import { headingEchoes } from "./heading_echoes.ts";
import { bareText, type EdgeLine, edgeLines } from "./page_edges.ts";
import { isPageFurniture, numbered } from "./page_numbers.ts";

/** The least number of pages with a line at their edge for it to be a running line. */
const FEWEST = 3;
/** Consecutive pages, or all but every other one: a chapter's running line occurs only in that chapter. */
const IN_A_ROW = 4;

/** How a line repeats: the same words at the same edge, or around a number that counts the pages. */
interface Repetition {
  lines: EdgeLine[];
  counts: boolean;
}

/**
 * The pages without running headers and footers, page numbers and "continued on the next page". A line runs if it is at
 * the same edge of half of the pages or of four in a row, or repeats headings of other pages. Text is never removed:
 * sentences, tables, lists, code, and the only line below a heading. A running heading remains at its first place.
 * @param keepsHeadings false to find out only whether a page has text of its own
 */
export function removeRunningLines(
  pages: string[],
  { keepsHeadings }: { keepsHeadings: boolean },
): string[] {
  const lines = pages.map((page) => page.split("\n"));
  const edges = lines.flatMap((page, i) =>
    edgeLines(page, i).filter((line) => isNumber(line) || !standsBelowHeading(page, line.line))
  );
  const filled = pages.filter((page) => page.trim() !== "").length;
  const running = new Set<EdgeLine>();
  for (const { lines, counts } of repetitions(edges)) {
    const pageNumbers = [...new Set(lines.map(({ page }) => page))];
    if (!counts && !runs(pageNumbers, filled)) continue;
    const isHeading = /^\s*#/.test(lines[0].text);
    for (const [i, line] of lines.entries()) {
      const isFirst = i === 0 || line.page - lines[i - 1].page > 2;
      if (!(isHeading && keepsHeadings && isFirst)) running.add(line);
    }
  }
  for (const line of headingEchoes(edges, lines)) running.add(line);
  const fences = lines.map((page) => fencedLines(page).fenced);
  const removed = lines.map(() => new Set<number>());
  // From the outside inwards: after a line that remains, none is at the edge.
  const inner = new Set<string>();
  for (const line of edges) {
    const edge = `${line.page} ${line.edge}`;
    const goes = !fences[line.page][line.line] &&
      (running.has(line) || isPageFurniture(line.text));
    if (goes && !inner.has(edge)) removed[line.page].add(line.line);
    else if (!removed[line.page].has(line.line)) inner.add(edge);
  }
  return pages.map((page, i) =>
    removed[i].size === 0 ? page : lines[i].filter((_, line) => !removed[i].has(line)).join("\n")
  );
}

function runs(pages: number[], filled: number): boolean {
  if (pages.length < FEWEST) return false;
  if (pages.length >= filled / 2) return true;
  let row = 1;
  return pages.some((page, i) => {
    row = i > 0 && page - pages[i - 1] <= 2 ? row + 1 : 1;
    return row >= IN_A_ROW;
  });
}

/** All groups of similar lines, in the order of their pages. */
function repetitions(edges: EdgeLine[]): Repetition[] {
  const alike = new Map<string, EdgeLine[]>();
  const counting = new Map<string, EdgeLine[]>();
  for (const line of edges) {
    const text = bareText(line.text);
    if (!isSentence(text)) group(alike, `${line.edge} ${text}`, line);
    for (const { around, value } of numbered(line)) {
      group(counting, `${line.edge} ${value - line.page} ${around}`, line);
    }
  }
  return [
    ...[...alike.values()].map((lines) => ({ lines, counts: false })),
    ...[...counting].flatMap(([key, lines]) => {
      const pages = new Set(lines.map(({ page }) => page)).size;
      // A number alone needs no third page to count as a page number, and not even a second if it is the page's own
      // number.
      if (key.endsWith(" \0")) {
        const own = key.split(" ")[1] === "1";
        return own || pages >= 2 ? [{ lines, counts: true }] : [];
      }
      // `Lesson 3` at the top of page 3 is a title.
      const isTitle = key.startsWith("top") && key.split(" ").length < 4;
      return isTitle ? [] : [{ lines, counts: false }];
    }),
  ];
}

/** Sentences are text, however often they occur; those of a footer are not. */
function isSentence(text: string): boolean {
  return /[.!?:;,。！？：；،؟।]["'»”)\]]?$/.test(text) &&
    !/©|\(c\) ?\d|copyright|rights reserved|alle rechte|droits réservés|confidential|vertraulich/
      .test(text);
}

function isNumber(line: EdgeLine): boolean {
  return numbered(line).some(({ around }) => around === "\0");
}

function standsBelowHeading(lines: string[], at: number): boolean {
  let above = at - 1;
  while (above >= 0 && lines[above].trim() === "") above--;
  return above >= 0 && /^#{1,6}\s/.test(lines[above]) &&
    !/^#{1,6}\s/.test(lines[at]);
}

function group<T>(groups: Map<string, T[]>, key: string, value: T): void {
  const known = groups.get(key);
  if (known) known.push(value);
  else groups.set(key, [value]);
}
