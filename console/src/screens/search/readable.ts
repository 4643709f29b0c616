/** A stretch of a passage as a person reads it, and where the passage has it. */
export interface Run {
  text: string;
  /** Offsets in the passage, in UTF-16 units. The text is what stands there, or what an entity there stands for. */
  start: number;
  end: number;
  isStrong?: boolean;
  isEmphasised?: boolean;
  isCode?: boolean;
  /** Where a link or picture leads: shown, because the question may have found it, and no link. */
  isTarget?: boolean;
}

export type Block =
  | { kind: "heading" | "paragraph" | "quote" | "code"; runs: Run[] }
  | { kind: "item"; marker: Run; depth: number; runs: Run[] }
  | { kind: "table"; head: Run[][]; rows: Run[][][] };

interface Line {
  text: string;
  start: number;
}

const FENCE = /^\s{0,3}(`{3,}|~{3,})/;
const HEADING = /^\s{0,3}#{1,6}[ \t]+/;
const ITEM = /^(\s*)([-*+•‣◦]|\d{1,9}[.)])[ \t]+/;
const QUOTE = /^\s{0,3}>[ \t]?/;
const RULE = /^\s{0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const UNDERLINE = /^\s{0,3}(?:=+|-{2,})[ \t]*$/;
const DELIMITER_ROW = /^\s*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/**
 * The Markdown of a parser as blocks of text. HTML in it is text like any other, except for `<br>` and entities. Each
 * letter of the passage is in one of the runs, in order.
 */
export function readBlocks(passage: string): Block[] {
  const lines = linesOf(passage);
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length;) {
    const fence = FENCE.exec(lines[i].text);
    if (lines[i].text.trim() === "" || RULE.test(lines[i].text)) i++;
    else if (fence) i = readCode(lines, i, fence[1], blocks);
    else if (HEADING.test(lines[i].text)) {
      blocks.push({ kind: "heading", runs: inlineRuns([withoutHashes(lines[i])]) });
      i++;
    } else if (isRow(lines, i)) i = readTable(lines, i, blocks);
    else i = readText(lines, i, blocks);
  }
  return blocks;
}

/** The texts of a block, in the passage's order: of a table, each cell. */
export function textsOf(block: Block): Run[][] {
  if (block.kind === "table") return [...block.head, ...block.rows.flat()];
  return block.kind === "item" ? [[block.marker], block.runs] : [block.runs];
}

function linesOf(passage: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const text of passage.split("\n")) {
    lines.push({ text, start });
    start += text.length + 1;
  }
  return lines;
}

function readCode(lines: Line[], from: number, fence: string, blocks: Block[]): number {
  const closing = new RegExp(`^\\s{0,3}\\${fence[0]}{${fence.length},}\\s*$`);
  const info = after(lines[from], lines[from].text.indexOf(fence) + fence.length);
  const runs: Run[] = info.text.trim() === "" ? [] : [verbatim(info.text, info.start)];
  let i = from + 1;
  for (; i < lines.length && !closing.test(lines[i].text); i++) {
    runs.push({ ...verbatim(lines[i].text, lines[i].start), isCode: true });
    runs.push({ ...verbatim("\n", lines[i].start + lines[i].text.length), isCode: true });
  }
  // The last line's break, beyond which the passage may end.
  if (i > from + 1) runs.pop();
  blocks.push({ kind: "code", runs });
  return i + 1;
}

function isRow(lines: Line[], i: number): boolean {
  const { text } = lines[i];
  if (/^\s*\|.*\|\s*$/.test(text)) return true;
  const next = lines[i + 1]?.text;
  return text.includes("|") && next !== undefined && next.includes("|") && DELIMITER_ROW.test(next);
}

function readTable(lines: Line[], from: number, blocks: Block[]): number {
  const hasHead = lines[from + 1] !== undefined && DELIMITER_ROW.test(lines[from + 1].text);
  const head = hasHead ? cellsOf(lines[from]) : [];
  const rows: Run[][][] = [];
  let i = from + (hasHead ? 2 : 0);
  for (; i < lines.length && lines[i].text.includes("|"); i++) {
    if (!DELIMITER_ROW.test(lines[i].text)) rows.push(cellsOf(lines[i]));
  }
  blocks.push({ kind: "table", head, rows });
  return i;
}

/** `\|` is no border. */
function cellsOf(line: Line): Run[][] {
  const cells: Run[][] = [];
  const { text } = line;
  let from = 0;
  const push = (to: number) => cells.push(inlineRuns([trimmed(slice(line, from, to))]));
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "|") {
      // Nothing before the first border is no cell.
      if (from > 0 || text.slice(0, i).trim() !== "") push(i);
      from = i + 1;
    }
  }
  if (text.slice(from).trim() !== "") push(text.length);
  return cells;
}

function readText(lines: Line[], from: number, blocks: Block[]): number {
  const item = ITEM.exec(lines[from].text);
  const isQuote = !item && QUOTE.test(lines[from].text);
  const own: Line[] = [item ? after(lines[from], item[0].length) : unquoted(lines[from])];
  let i = from + 1;
  for (; i < lines.length; i++) {
    const { text } = lines[i];
    if (!item && !isQuote && UNDERLINE.test(text)) {
      blocks.push({ kind: "heading", runs: inlineRuns(own) });
      return i + 1;
    }
    const begins = text.trim() === "" || FENCE.test(text) || HEADING.test(text) || ITEM.test(text) ||
      RULE.test(text) || isRow(lines, i) || QUOTE.test(text) !== isQuote;
    if (begins) break;
    own.push(trimmed(unquoted(lines[i])));
  }
  const runs = inlineRuns(own);
  if (item) {
    const marker = verbatim(item[2], lines[from].start + item[1].length);
    blocks.push({ kind: "item", marker, depth: Math.min(3, item[1].length >> 1), runs });
  }
  if (!item) blocks.push({ kind: isQuote ? "quote" : "paragraph", runs });
  return i;
}

function withoutHashes(line: Line): Line {
  const { text, start } = after(line, HEADING.exec(line.text)![0].length);
  return { text: text.replace(/[ \t]+#+[ \t]*$/, ""), start };
}

function unquoted(line: Line): Line {
  return after(line, QUOTE.exec(line.text)?.[0].length ?? 0);
}

function after(line: Line, offset: number): Line {
  return slice(line, offset, line.text.length);
}

function slice({ text, start }: Line, from: number, to: number): Line {
  return { text: text.slice(from, to), start: start + from };
}

function trimmed(line: Line): Line {
  const from = line.text.length - line.text.trimStart().length;
  return slice(line, from, Math.max(from, line.text.trimEnd().length));
}

function verbatim(text: string, start: number): Run {
  return { text, start, end: start + text.length };
}

/** Of several lines, one text: the break between them is a space. */
function inlineRuns(lines: Line[]): Run[] {
  const runs: Run[] = [];
  for (const [n, line] of lines.entries()) {
    if (n > 0) runs.push({ text: " ", start: line.start - 1, end: line.start });
    new Inline(line).read(0, line.text.length, {}, runs);
  }
  return runs;
}

type Style = Pick<Run, "isStrong" | "isEmphasised">;

const ENTITY = /^&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[\da-f]{1,6});/i;
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const ESCAPED = /[!-/:-@[-`{-~]/;
const LINK = /^!?\[([^\[\]]*)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:[ \t]+"[^"]*")?\)/;
const BREAK = /^<br[ \t]*\/?>/i;
const EMPHASIS = /^(?:\*{1,3}|_{1,3}|~~)/;
const RUN = /^([*_~`])\1*/;
const LONGEST_RUN = 100;
const WORD = /[\p{L}\p{N}]/u;

/** The inline marks of one line. Each character is looked at a bounded number of times, whatever the line. */
class Inline {
  #line: Line;
  /** Delimiters that close nowhere further on: none is looked for again. */
  #unclosed = new Set<string>();

  constructor(line: Line) {
    this.#line = line;
  }

  read(from: number, to: number, style: Style, runs: Run[]): void {
    const { text, start } = this.#line;
    let plain = from;
    const flush = (until: number) => {
      if (until > plain) runs.push({ ...verbatim(text.slice(plain, until), start + plain), ...style });
    };
    for (let i = from; i < to;) {
      const next = this.#markAt(i, to, style, (until) => flush(until), runs);
      // A run of marks that opens nothing does not open something with its rest.
      if (next === i) i += RUN.exec(text.slice(i, i + LONGEST_RUN))?.[0].length ?? 1;
      else plain = i = next;
    }
    flush(to);
  }

  /** Reads what begins here; the offset itself if nothing does. */
  #markAt(i: number, to: number, style: Style, flush: (until: number) => void, runs: Run[]): number {
    const { text, start } = this.#line;
    switch (text[i]) {
      case "\\": {
        if (i + 1 >= to || !ESCAPED.test(text[i + 1])) return i;
        flush(i);
        runs.push({ ...verbatim(text[i + 1], start + i + 1), ...style });
        return i + 2;
      }
      case "`": {
        const fence = /^`+/.exec(text.slice(i, to))![0];
        const close = this.#find(fence, i + fence.length, to);
        if (close === -1) return i;
        flush(i);
        const inner = verbatim(text.slice(i + fence.length, close), start + i + fence.length);
        runs.push({ ...inner, ...style, isCode: true });
        return close + fence.length;
      }
      case "&": {
        const entity = ENTITY.exec(text.slice(i, Math.min(to, i + 12)));
        if (!entity) return i;
        const decoded = decode(entity[0].slice(1, -1));
        if (decoded === undefined) return i;
        flush(i);
        runs.push({ text: decoded, start: start + i, end: start + i + entity[0].length, ...style });
        return i + entity[0].length;
      }
      case "<": {
        const tag = BREAK.exec(text.slice(i, Math.min(to, i + 12)));
        if (!tag) return i;
        flush(i);
        runs.push({ text: "\n", start: start + i, end: start + i + tag[0].length });
        return i + tag[0].length;
      }
      case "!":
      case "[": {
        if (this.#unclosed.has("](") || (text[i] === "!" && text[i + 1] !== "[")) return i;
        if (text.indexOf("](", i) === -1) {
          this.#unclosed.add("](");
          return i;
        }
        const link = LINK.exec(text.slice(i, Math.min(to, i + LONGEST_LINK)));
        if (!link) return i;
        flush(i);
        const words = i + link[0].indexOf("[") + 1;
        this.read(words, words + link[1].length, style, runs);
        this.#target(words + link[1].length + 2, i + link[0].length - 1, runs);
        return i + link[0].length;
      }
      case "*":
      case "_":
      case "~": {
        const mark = EMPHASIS.exec(text.slice(i, i + 3))?.[0];
        if (!mark || !this.#mayOpen(i, mark, to)) return i;
        const close = this.#closing(mark, i + mark.length, to);
        if (close === -1) return i;
        flush(i);
        const inner = { ...style };
        if (mark[0] !== "~") {
          if (mark.length !== 1) inner.isStrong = true;
          if (mark.length !== 2) inner.isEmphasised = true;
        }
        this.read(i + mark.length, close, inner, runs);
        return close + mark.length;
      }
      default:
        return i;
    }
  }

  /** A link's address and title. */
  #target(from: number, to: number, runs: Run[]): void {
    if (to <= from) return;
    runs.push({ ...verbatim(this.#line.text.slice(from, to), this.#line.start + from), isTarget: true });
  }

  #mayOpen(i: number, mark: string, to: number): boolean {
    const { text } = this.#line;
    const next = text[i + mark.length];
    if (i + mark.length >= to || /\s/.test(next) || next === mark[0]) return false;
    return mark[0] !== "_" || i === 0 || !WORD.test(text[i - 1]);
  }

  #closing(mark: string, from: number, to: number): number {
    const { text } = this.#line;
    for (let i = this.#find(mark, from, to); i !== -1; i = this.#find(mark, i + mark.length, to)) {
      const isClosing = !/[\s\\]/.test(text[i - 1]) && text[i - 1] !== mark[0] && text[i + mark.length] !== mark[0] &&
        (mark[0] !== "_" || i + mark.length >= text.length || !WORD.test(text[i + mark.length]));
      if (isClosing && i > from) return i;
    }
    return -1;
  }

  #find(mark: string, from: number, to: number): number {
    if (this.#unclosed.has(mark)) return -1;
    const found = this.#line.text.indexOf(mark, from);
    if (found === -1) this.#unclosed.add(mark);
    return found === -1 || found + mark.length > to ? -1 : found;
  }
}

/** A longer one is shown as it is written. */
const LONGEST_LINK = 2_000;

function decode(name: string): string | undefined {
  if (name[0] !== "#") return ENTITIES[name.toLowerCase()];
  const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1));
  const isText = code >= 0x20 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) &&
    !(code >= 0x7f && code < 0xa0);
  return isText ? String.fromCodePoint(code) : undefined;
}
