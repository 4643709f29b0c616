import type { Segment } from "./text_segments.ts";

/** Segments that stand on one baseline, left to right. */
export type Row = Segment[];

/** Groups a flow's segments (sorted by `y`) into rows. */
export function toRows(segments: Segment[]): Row[] {
  const rows: Row[] = [];
  for (const segment of segments) {
    const row = rows.at(-1);
    if (row && Math.abs(row[0].y - segment.y) < 0.35 * segment.size) {
      row.push(segment);
    } else {
      rows.push([segment]);
    }
  }
  for (const row of rows) row.sort((a, b) => a.x - b.x);
  return rows;
}

/** Fewer aligned rows than this are more often a figure or a formula than a table. */
const FEWEST_ROWS = 3;

export interface Table {
  /** Rows of cells; the first is the header. */
  cells: string[][];
  /** How many of the given rows it took. */
  rowCount: number;
}

interface Column {
  left: number;
  right: number;
}

/** Reads a table that begins with the first of the rows: rows of two or more aligned cells. Null if there is none. */
export function readTable(rows: Row[]): Table | null {
  let rowCount = 0;
  let lastFull = -1;
  while (rowCount < rows.length) {
    const row = rows[rowCount];
    if (row.length >= 2) {
      if (rowCount > 0 && gapAbove(rows, rowCount) > 3.5) break;
      lastFull = rowCount;
    } else if (lastFull < 0 || gapAbove(rows, rowCount) > 1.6) {
      break;
    }
    rowCount++;
  }
  rowCount = lastFull + 1;
  const table = rows.slice(0, rowCount);
  const full = table.filter((row) => row.length >= 2);
  if (full.length < FEWEST_ROWS) return null;
  if (isNumberedList(full)) return null;
  const columns = toColumns(full);
  if (columns.length < 2) return null;
  // Prose that was broken by wide gaps does not keep its columns; a table's rows do.
  const regular = full.filter((row) => row.length >= columns.length - 1);
  if (regular.length < full.length * 0.7) return null;
  rowCount += trailingLines(rows, rowCount, columns);
  return { cells: fillCells(rows.slice(0, rowCount), columns), rowCount };
}

/** A list whose numbers or bullets stand far from their text looks like a table of two columns. */
function isNumberedList(rows: Row[]): boolean {
  const markers = rows.filter((row) => row.length === 2 && /^(\(?\[?\d{1,3}[.)\]]+|[•●▪■◦‣–-])$/.test(row[0].text));
  return markers.length >= rows.length * 0.6;
}

/** Distance to the row above, in ems. */
function gapAbove(rows: Row[], index: number): number {
  return (rows[index][0].y - rows[index - 1][0].y) / rows[index][0].size;
}

/** The columns are what remains apart when all rows' cells are laid over each other. */
function toColumns(rows: Row[]): Column[] {
  const cells = rows.flat().map((s) => ({ left: s.x, right: s.right })).sort(
    (a, b) => a.left - b.left,
  );
  const columns: Column[] = [];
  for (const cell of cells) {
    const last = columns.at(-1);
    if (last && cell.left <= last.right) {
      last.right = Math.max(last.right, cell.right);
    } else {
      columns.push({ ...cell });
    }
  }
  return columns;
}

/** Lines below the last full row that still belong to one of its cells: close to it and not in the first column. */
function trailingLines(rows: Row[], from: number, columns: Column[]): number {
  let count = 0;
  for (let at = from; at < rows.length; at++) {
    const first = rows[at][0];
    const inLaterColumn = columns.slice(1).some((column) =>
      first.x >= column.left - 2 && first.right <= column.right + 40
    );
    if (!inLaterColumn || gapAbove(rows, at) > 1.45) break;
    count++;
  }
  return count;
}

function fillCells(rows: Row[], columns: Column[]): string[][] {
  const cells: string[][] = [];
  for (const [index, row] of rows.entries()) {
    const line = columns.map((column) =>
      row.filter((s) => s.x <= column.right && s.right >= column.left)
        .map((s) => s.text).join(" ")
    );
    // A cell's second line leaves the first column empty and follows closely.
    const wrapped = index > 0 && line[0] === "" && gapAbove(rows, index) < 1.45;
    if (wrapped) {
      const above = cells.at(-1)!;
      line.forEach((text, at) => above[at] = `${above[at]} ${text}`.trim());
    } else {
      cells.push(line);
    }
  }
  return cells;
}

export function tableMarkdown(cells: string[][]): string {
  const line = (row: string[]) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const [header, ...body] = cells;
  return [line(header), line(header.map(() => "---")), ...body.map(line)]
    .join("\n");
}

export function tableHtml(cells: string[][]): string {
  const line = (tag: string) => (row: string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  const [header, ...body] = cells;
  return ["<table>", line("th")(header), ...body.map(line("td")), "</table>"]
    .join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
