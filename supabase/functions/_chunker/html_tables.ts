import { Parser } from "htmlparser2";
import { fencedLines } from "./fences.ts";

/**
 * The most columns or rows that a cell may span: more is a mistake, or malice.
 */
const WIDEST_SPAN = 100;
/** The most UTF-16 units of a cell that is repeated in the rows or columns it spans. */
const LONGEST_REPEATED = 100;

/** UTF-16 units around a cell. */
const BORDER = 3;

interface Cell {
  text: string;
  isHeader: boolean;
  colspan: number;
  rowspan: number;
}

/**
 * The text with its HTML tables as Markdown tables, which take fewer tokens and can be cut between rows. A table begins
 * with its tag (or, at a line's beginning, with that of a row, if it continues from the page before), and ends with its
 * closing tag; without one, before the first text after a blank line.
 */
export function convertHtmlTables(text: string): string {
  if (!/<(?:table|thead|tbody|tr|td|th)\b/i.test(text)) return text;
  const lines = text.split("\n");
  const { fenced } = fencedLines(lines);
  const written: string[] = [];
  for (let i = 0; i < lines.length;) {
    if (fenced[i] || !beginsTable(lines[i])) {
      written.push(lines[i++]);
      continue;
    }
    const { end, rest } = endOfTable(lines, fenced, i);
    const table = lines.slice(i, end).join("\n");
    written.push("", convert(table.slice(0, table.length - rest.length)), "");
    i = end;
    // Another table may begin on the same line.
    if (rest.trim() !== "") lines[--i] = rest.trim();
  }
  return written.join("\n");
}

function beginsTable(line: string): boolean {
  return /^\s{0,100}<(?:table|thead|tbody|tr|td|th)\b/i.test(line) ||
    (line.length < 100_000 && WITHIN.test(line));
}

/** After other tags or a caption, the next tag shows whether a table begins. In code, none does. */
const WITHIN = /^[^`\n]*?<table\b[^<>]{0,1000}>\s*(?:<(?:caption|thead|tbody|colgroup|tr)\b|$)/i;

/** The line after the table's last, and the text on that line after the closing tag. */
function endOfTable(
  lines: string[],
  fenced: boolean[],
  start: number,
): { end: number; rest: string } {
  let depth = 0;
  // The end so far, in case the table is never closed.
  let unclosed = -1;
  for (let i = start; i < lines.length && !fenced[i]; i++) {
    for (const tag of lines[i].matchAll(/<(\/?)table\b[^<>]{0,4000}>/gi)) {
      depth += tag[1] === "" ? 1 : -1;
      if (depth <= 0) {
        return { end: i + 1, rest: lines[i].slice(tag.index + tag[0].length) };
      }
    }
    const afterBlank = i > start && lines[i - 1].trim() === "";
    if (unclosed === -1 && afterBlank && !/^\s*(?:<|$)/.test(lines[i])) {
      unclosed = i;
      // Rows without a table around them have no closing tag to wait for.
      if (depth === 0) break;
    }
  }
  if (unclosed !== -1) return { end: unclosed, rest: "" };
  let end = start + 1;
  while (end < lines.length && !fenced[end]) end++;
  return { end, rest: "" };
}

function convert(html: string): string {
  const { caption, rows } = readTable(html);
  const before = caption === "" ? "" : `${caption}\n\n`;
  const grid = spread(rows, html.length);
  const widest = grid.reduce((most, row) => Math.max(most, row.length), 0);
  // A table for layout is no table.
  if (widest < 2) {
    return before + grid.flat().map(({ text }) => text).join("\n\n");
  }

  let heads = 0;
  while (
    heads < grid.length - 1 && heads < 4 &&
    grid[heads].length > 0 && grid[heads].every(({ isHeader }) => isHeader)
  ) heads++;
  const header = mergeHeads(grid.slice(0, heads || 1), widest);
  const body = grid.slice(heads || 1).filter((row) => row.some(({ text }) => text !== ""));
  return before + [
    header,
    header.map(() => "---"),
    ...body.map((row) => row.map(({ text }) => text)),
  ].map((cells) => `| ${cells.map(escapePipes).join(" | ")} |`).join("\n");
}

/** Several heading rows as one: `2024 / Q1`. */
function mergeHeads(heads: Cell[][], width: number): string[] {
  return Array.from({ length: width }, (_, column) => {
    const names = heads.map((row) => row[column]?.text ?? "");
    return names.filter((name, i) => name !== "" && name !== names[i - 1])
      .join(" / ");
  });
}

function escapePipes(text: string): string {
  return text.replace(/\\?\|/g, "\\|");
}

/**
 * Each cell in its column: a short cell that spans several rows or columns is repeated in each, so that each row can be
 * read alone. The additions take no more than `budget` UTF-16 units.
 */
function spread(rows: Cell[][], budget: number): Cell[][] {
  let left = budget;
  const again = (cell: Cell, repeats: boolean): Cell | undefined => {
    const text = repeats && cell.text.length <= LONGEST_REPEATED ? cell.text : "";
    left -= text.length + BORDER;
    return left < 0 ? undefined : { ...cell, text };
  };
  // By column: the cell from above that extends down, and how far.
  let above: { cell: Cell; rows: number }[] = [];
  return rows.map((row) => {
    const line: Cell[] = [];
    const below: typeof above = [];
    const push = (cell: Cell | undefined, from: Cell, rows: number) => {
      if (!cell) return false;
      if (rows > 0) below[line.length] = { cell: from, rows };
      return line.push(cell) > 0;
    };
    const fill = () => {
      let up = above[line.length];
      while (up && push(again(up.cell, true), up.cell, up.rows - 1)) {
        up = above[line.length];
      }
    };
    for (const cell of row) {
      fill();
      push(cell, cell, cell.rowspan - 1);
      for (let i = 1; i < cell.colspan; i++) {
        const next = again(cell, cell.isHeader);
        if (!push(next, next ?? cell, cell.rowspan - 1)) break;
      }
    }
    fill();
    above = below;
    return line;
  });
}

/** The cells as written, without tags and with decoded entities; a table within a cell becomes its text. */
function readTable(html: string): { caption: string; rows: Cell[][] } {
  const rows: Cell[][] = [];
  const outside: string[] = [];
  let text: string[] = outside;
  let cell: Cell | undefined;
  let row: Cell[] | undefined;
  let tables = 0;
  let inHead = false;
  const endCell = () => {
    if (cell) cell.text = oneLine(text.join(""));
    cell = undefined;
    text = outside;
  };
  const endRow = () => {
    endCell();
    row = undefined;
  };
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === "table") tables++;
      if (tables > 1) {
        text.push(
          name === "td" || name === "th" ? " " : name === "tr" ? "; " : "",
        );
      } else if (name === "thead") inHead = true;
      else if (name === "tbody" || name === "tfoot") {
        inHead = false;
        endRow();
      } else if (name === "tr") {
        endRow();
        rows.push(row = []);
      } else if (name === "td" || name === "th") {
        endCell();
        if (!row) rows.push(row = []);
        row.push(
          cell = {
            text: "",
            isHeader: name === "th" || inHead,
            colspan: spanOf(attributes.colspan),
            rowspan: spanOf(attributes.rowspan),
          },
        );
        text = [];
      } else if (/^(?:br|p|div|li|ul|ol|h[1-6]|caption)$/.test(name)) {
        text.push(" ");
      } else if (name === "img") text.push(attributes.alt ?? "");
    },
    ontext(data) {
      text.push(data);
    },
    onclosetag(name) {
      if (name === "table") tables--;
      else if (tables > 1) return;
      else if (name === "tr") endRow();
      else if (name === "td" || name === "th") endCell();
      else if (name === "thead") inHead = false;
      else if (/^(?:p|div|li|h[1-6]|caption)$/.test(name)) text.push(" ");
    },
  }, { decodeEntities: true, lowerCaseTags: true });
  parser.end(html);
  endRow();
  return {
    caption: oneLine(outside.join("")),
    rows: rows.filter((cells) => cells.length > 0),
  };
}

function spanOf(attribute: string | undefined): number {
  const span = Math.floor(Number(attribute ?? 1));
  return span >= 1 ? Math.min(span, WIDEST_SPAN) : 1;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
