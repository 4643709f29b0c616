import createParser, { type MarkdownIt, type Token } from "markdown-it";
import type { Page } from "./pages.ts";

/** A place in a text where another page begins. */
export interface Turn {
  /** UTF-16 offset. */
  at: number;
  page: number;
}

/** A heading, paragraph, list, table, … at the document's outermost level. */
export interface Block {
  /** `lines` are kept as they are: quotations, HTML, definitions of links. */
  kind: "heading" | "prose" | "list" | "table" | "code" | "lines";
  /** The block's lines as written, without blank lines around them. */
  text: string;
  /** The number of the page on which it begins; null if unknown. */
  page: number | null;
  /** The places where it continues on further pages. */
  turns: Turn[];
  /** A heading's level (1–6), and its title as displayed. */
  heading?: { level: number; title: string };
  /** A table's heading row and the delimiter row below it: the first two lines of the text. */
  header?: string;
  /** The offsets of the outermost items in a list's text. */
  items?: number[];
  /**
   * The opening and closing fence of code: the first and last line of the text.
   */
  fence?: { open: string; close: string };
}

/** UTF-16 units. A longer line is a paragraph that a line of dashes happens to follow, or noise. */
const LONGEST_TITLE = 200;

/**
 * Recognises blocks only, which takes 55 ms for 1 MB of prose (0.2–0.5 s for headings, table rows or blank lines only)
 * and limits nesting. For comparison: marked's lexer takes 72 ms, but overflows the stack on 200,000 `>` and runs out
 * of memory on a wide table; mdast-util-from-markdown takes 1,100 ms.
 */
const parser: MarkdownIt = new createParser("commonmark").enable("table");
parser.core.ruler.enableOnly(["block"]);

/**
 * A page's blocks in order, parsed separately from other pages. Each line that is neither blank nor a rule is in
 * exactly one of them.
 */
export function readBlocks(page: Page): Block[] {
  return [...markdownBlocks(page)];
}

function* markdownBlocks({ text, number }: Page): Generator<Block> {
  const lines = lineOffsets(text);
  const tokens = parser.parse(text, {});
  const between = (start: number, end: number) => linesOf(text, lines[start], lines[end]);
  const loose = (lines: Lines | undefined): Block[] =>
    lines ? [{ kind: "lines", text: lines.text, page: number, turns: [] }] : [];
  let line = 0;
  for (const [i, token] of tokens.entries()) {
    if (token.level !== 0 || token.map === null) continue;
    const [start, end] = token.map;
    // Lines that belong to no block, such as definitions of link targets, are text all the same.
    yield* loose(between(line, start));
    line = end;
    const whole = between(start, end);
    if (token.type === "hr" || !whole) continue;
    yield {
      text: whole.text,
      page: number,
      turns: [],
      ...describe(token, tokens[i + 1], whole.text),
      ...(token.type.endsWith("_list_open") && {
        items: itemLines(tokens, i).map((item) => Math.max(0, lines[item] - whole.at)),
      }),
    };
  }
  yield* loose(between(line, lines.length - 1));
}

/** The offset of each line, and of one after the last. */
function lineOffsets(text: string): number[] {
  const offsets = [0];
  let end = text.indexOf("\n");
  while (end !== -1) {
    offsets.push(end + 1);
    end = text.indexOf("\n", end + 1);
  }
  offsets.push(text.length);
  return offsets;
}

interface Lines {
  text: string;
  at: number;
}

/**
 * The lines between these offsets, if they contain text, without surrounding blank lines and with the first line's
 * indentation.
 */
function linesOf(text: string, start: number, end: number): Lines | undefined {
  const lines = text.slice(start, end).trimEnd();
  if (lines === "") return undefined;
  const firstCharacter = lines.length - lines.trimStart().length;
  const blank = lines.lastIndexOf("\n", firstCharacter) + 1;
  return { text: lines.slice(blank), at: start + blank };
}

function describe(
  token: Token,
  next: Token | undefined,
  text: string,
): Pick<Block, "kind" | "heading" | "header" | "fence"> {
  switch (token.type) {
    case "heading_open": {
      const content = next?.content ?? "";
      if (content.length > LONGEST_TITLE) return { kind: "prose" };
      const level = Number(token.tag.slice(1));
      return { kind: "heading", heading: { level, title: plainText(content) } };
    }
    case "paragraph_open":
      return { kind: "prose" };
    case "bullet_list_open":
    case "ordered_list_open":
      return { kind: "list" };
    case "table_open": {
      const secondLine = text.indexOf("\n") + 1;
      const end = text.indexOf("\n", secondLine);
      return {
        kind: "table",
        header: text.slice(0, end === -1 ? undefined : end),
      };
    }
    case "fence": {
      const open = text.slice(0, Math.max(0, text.indexOf("\n")));
      return { kind: "code", fence: { open, close: token.markup } };
    }
    case "code_block":
      return { kind: "code" };
    default:
      return { kind: "lines" };
  }
}

/** The first line of each item of the list that opens at this token. */
function itemLines(tokens: Token[], open: number): number[] {
  const first: number[] = [];
  for (let i = open + 1; tokens[i].level > 0; i++) {
    const { type, level, map } = tokens[i];
    if (type === "list_item_open" && level === 1 && map) first.push(map[0]);
  }
  return first;
}

/**
 * A title without its markup: `**Fees** in [2024](#y)` becomes "Fees in 2024".
 */
function plainText(inline: string): string {
  if (!/[^\p{L}\p{N}\s.,:;()/'"-]/u.test(inline)) return oneLine(inline);
  const tokens: Token[] = [];
  parser.inline.parse(inline, parser, {}, tokens);
  return oneLine(
    tokens.map((token) => token.type.endsWith("break") ? " " : token.content)
      .join(""),
  );
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
