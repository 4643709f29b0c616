import { headingLevel, type TextSizes } from "./headings.ts";
import type { Flow } from "./reading_order.ts";
import { readTable, type Row, toRows } from "./tables.ts";
import { inReadingOrder, type Segment, spaceBetween } from "./text_segments.ts";

/** A small filled shape: how some programs draw a list's bullets. Coordinates as in `Segment`. */
export interface Mark {
  x: number;
  y: number;
}

interface Line extends Segment {
  /** The text after the bullet or number, and the bullet's own form; absent if it starts no list item. */
  item?: { bullet: string; text: string };
}

/** A part of a page's text, in the order in which it is read. */
export type Block =
  | { kind: "paragraph" | "item"; lines: Line[]; bullet?: string }
  | { kind: "heading"; lines: Line[]; level: number }
  | TableBlock;

export interface TableBlock {
  kind: "table";
  /** Rows of cells; the first is the header. */
  cells: string[][];
}

const BULLET = /^([•●▪■◦‣∙·]|[-–—*](?=\s))\s*(?=\S)/;
const NUMBER = /^(\(?\d{1,2}[.)])\s+(?=\S)/;

/** What a flow consists of: headings, paragraphs, lists and tables. */
export function flowBlocks(
  flow: Flow,
  sizes: TextSizes,
  marks: Mark[],
): Block[] {
  const rows = toRows(flow.segments);
  const pitch = lineSpacing(rows);
  const blocks: Block[] = [];
  for (let at = 0; at < rows.length;) {
    const table = rows[at].length >= 2 ? readTable(rows.slice(at)) : null;
    if (table) {
      blocks.push({ kind: "table", cells: table.cells });
      at += table.rowCount;
      continue;
    }
    const line = toLine(rows[at], marks);
    addLine(blocks, line, {
      sizes,
      flow,
      gapAbove: at > 0 ? line.y - rows[at - 1][0].y : Infinity,
      gapBelow: at + 1 < rows.length ? rows[at + 1][0].y - line.y : Infinity,
      pitch,
    });
    at++;
  }
  return blocks;
}

interface LineContext {
  sizes: TextSizes;
  flow: Flow;
  /**
   * Points between this baseline and the ones above and below it in the flow.
   */
  gapAbove: number;
  gapBelow: number;
  /** The usual distance of two lines. */
  pitch: number;
}

function addLine(blocks: Block[], line: Line, context: LineContext): void {
  const last = blocks.at(-1);
  const apart = context.gapAbove > 1.35 * Math.max(context.pitch, line.size);
  const level = headingLevel(line, context.sizes, apart);
  if (level !== null && (line.item === undefined || line.bold)) {
    if (last?.kind === "heading" && continuesHeading(last, line, level)) {
      last.lines.push(line);
    } else {
      blocks.push({ kind: "heading", lines: [line], level });
    }
    return;
  }
  if (line.item) {
    blocks.push({ kind: "item", lines: [line], bullet: line.item.bullet });
    return;
  }
  if (last?.kind === "item" && !apart && continuesItem(last.lines, line)) {
    last.lines.push(line);
    return;
  }
  const continues = last?.kind === "paragraph" && !apart &&
    !startsParagraph(last.lines.at(-1)!, line, context.flow);
  if (continues) last.lines.push(line);
  else blocks.push({ kind: "paragraph", lines: [line] });
}

function continuesHeading(
  heading: Block & { kind: "heading" },
  line: Line,
  level: number,
): boolean {
  const last = heading.lines.at(-1)!;
  return heading.level === level && Math.abs(last.size - line.size) < 0.6 &&
    line.y - last.y < 1.5 * line.size && !/^\d+(\.\d+)*\.?\s/.test(line.text);
}

/** A list item continues in lines below its text, not below its bullet. */
function continuesItem(lines: Line[], line: Line): boolean {
  const first = lines[0];
  const previous = lines.at(-1)!;
  const hanging = line.x > first.x + 0.3 * line.size ||
    (lines.length > 1 && Math.abs(line.x - previous.x) < 1);
  const drawnBullet = first.text === first.item!.text &&
    Math.abs(line.x - first.x) < 1;
  return hanging || drawnBullet;
}

function startsParagraph(previous: Line, line: Line, flow: Flow): boolean {
  if (Math.abs(previous.size - line.size) > 0.12 * line.size) return true;
  const indented = line.x > previous.x + 0.7 * line.size &&
    previous.x < flow.left + 2 * line.size;
  const width = flow.right - flow.left;
  const endedShort = previous.right < flow.right - 0.25 * width &&
    /[.!?:]$/.test(previous.text);
  return indented || endedShort;
}

function toLine(row: Row, marks: Mark[]): Line {
  const first = row[0];
  const line: Line = {
    ...first,
    text: inReadingOrder(row),
    right: row.at(-1)!.right,
    bold: row.every((segment) => segment.bold),
  };
  const bullet = BULLET.exec(line.text);
  const number = NUMBER.exec(line.text);
  const drawn = marks.some((mark) =>
    mark.x < first.x && first.x - mark.x < 2.5 * first.size &&
    mark.y < first.y + 0.1 * first.size && mark.y > first.y - first.size
  );
  if (bullet) {
    line.item = { bullet: "-", text: line.text.slice(bullet[0].length) };
  } else if (number && !line.bold) {
    const digits = number[1].replace(/\D/g, "");
    line.item = {
      bullet: `${digits}.`,
      text: line.text.slice(number[0].length),
    };
  } else if (drawn) {
    line.item = { bullet: "-", text: line.text };
  }
  return line;
}

/** The most frequent distance between neighbouring lines, in points. */
function lineSpacing(rows: Row[]): number {
  const counts = new Map<number, number>();
  for (let at = 1; at < rows.length; at++) {
    const gap = Math.round(rows[at][0].y - rows[at - 1][0].y);
    if (gap > 0) counts.set(gap, (counts.get(gap) ?? 0) + 1);
  }
  const usual = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0];
  return usual?.[0] ?? 0;
}

/** Blocks as Markdown, separated by empty lines. */
export function blocksMarkdown(
  blocks: Block[],
  writeTable: (cells: string[][]) => string,
): string {
  let markdown = "";
  let previous: Block | undefined;
  const bulletsAt = blocks.flatMap((b) => b.kind === "item" ? [b.lines[0].x] : []);
  const outermost = Math.min(...bulletsAt);
  for (const block of blocks) {
    const text = block.kind === "table" ? writeTable(block.cells) : renderBlock(block, outermost);
    if (text === "") continue;
    const inList = block.kind === "item" && previous?.kind === "item";
    markdown += previous === undefined ? "" : inList ? "\n" : "\n\n";
    markdown += text;
    previous = block;
  }
  return markdown;
}

function renderBlock(
  block: Exclude<Block, TableBlock>,
  outermost: number,
): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${joinLines(block.lines)}`;
    case "item": {
      const [first, ...rest] = block.lines;
      const nested = first.x > outermost + 1.5 * first.size ? "  " : "";
      const text = joinLines([{ ...first, text: first.item!.text }, ...rest]);
      return `${nested}${block.bullet} ${text}`;
    }
    case "paragraph":
      // A paragraph must not turn into a heading or a quotation.
      return joinLines(block.lines).replace(/^(?=#{1,6}\s|>)/, "\\");
  }
}

/** Joins a paragraph's lines and mends words that were hyphenated at a line's end. */
export function joinLines(lines: { text: string }[]): string {
  let text = "";
  for (const line of lines) {
    if (/\p{L}-$/u.test(text) && /^\p{Ll}/u.test(line.text)) {
      text = text.slice(0, -1) + line.text;
    } else {
      text += (text === "" ? "" : spaceBetween(text, line.text)) + line.text;
    }
  }
  return text;
}
