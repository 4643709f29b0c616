/** A range of characters. */
export interface Span {
  from: number;
  to: number;
}

/** A `[table]` or `[[table]]`. */
export interface Header extends Span {
  path: string[];
}

/** A `key = value`. Its path begins with that of its table. */
export interface Entry extends Span {
  path: string[];
  value: Span;
  /** The number of leading names that its table gives. */
  depth: number;
}

export interface TomlSource {
  headers: Header[];
  entries: Entry[];
}

/**
 * Where a TOML file has its headers and entries. So it can be edited without losing its comments and its layout.
 * @param text must be valid TOML
 */
export function readTomlSource(text: string): TomlSource {
  const headers: Header[] = [];
  const entries: Entry[] = [];
  let table: string[] = [];
  let at = skipBlank(text, 0);
  while (at < text.length) {
    const from = at;
    if (text[at] === "[") {
      const brackets = text.startsWith("[[", at) ? 2 : 1;
      const key = readKey(text, at + brackets);
      table = key.path;
      at = key.to + brackets;
      headers.push({ path: table, from, to: at });
    } else {
      const found = readEntry(text, at, table);
      entries.push(...found);
      at = found[0].to;
    }
    at = skipBlank(text, at);
  }
  return { headers, entries };
}

/** An entry, and those within its inline table. */
function readEntry(text: string, from: number, table: string[]): Entry[] {
  const key = readKey(text, from);
  const value = readValue(text, skipSpace(text, key.to + 1));
  const entry = { path: [...table, ...key.path], depth: table.length, value, from, to: value.to };
  if (text[value.from] !== "{") return [entry];
  const inside: Entry[] = [];
  let at = skipBetween(text, value.from + 1);
  while (at < value.to - 1) {
    const found = readEntry(text, at, entry.path);
    inside.push(...found);
    at = skipBetween(text, found[0].to);
  }
  return [entry, ...inside];
}

/** Where each element of an array is, without the commas and comments between them. */
export function readElements(text: string, array: Span): Span[] {
  const elements: Span[] = [];
  let at = skipBetween(text, array.from + 1);
  while (at < array.to - 1) {
    const element = readValue(text, at);
    elements.push(element);
    at = skipBetween(text, element.to);
  }
  return elements;
}

const QUOTES = ['"""', "'''", '"', "'"];

/** A dotted key. It ends before the `=` or `]`. */
function readKey(text: string, start: number): { path: string[]; to: number } {
  const path: string[] = [];
  let at = skipSpace(text, start);
  for (;;) {
    const name = text[at] === '"' || text[at] === "'" ? readString(text, at) : readBare(text, at);
    const raw = text.slice(name.from, name.to);
    path.push(raw[0] === '"' ? JSON.parse(raw) : raw[0] === "'" ? raw.slice(1, -1) : raw);
    at = skipSpace(text, name.to);
    if (text[at] !== ".") return { path, to: at };
    at = skipSpace(text, at + 1);
  }
}

function readBare(text: string, from: number): Span {
  let to = from;
  while (/[\w-]/.test(text[to] ?? "")) to++;
  return { from, to };
}

function readString(text: string, from: number): Span {
  const quote = QUOTES.find((each) => text.startsWith(each, from))!;
  const isLiteral = quote[0] === "'";
  let at = from + quote.length;
  while (at < text.length && !text.startsWith(quote, at)) at += !isLiteral && text[at] === "\\" ? 2 : 1;
  at += quote.length;
  // Up to two quotes may stand before the closing ones.
  if (quote.length === 3) { while (text[at] === quote[0]) at++; }
  return { from, to: at };
}

function readValue(text: string, from: number): Span {
  const first = text[from];
  if (first === '"' || first === "'") return readString(text, from);
  if (first === "[" || first === "{") return readBracketed(text, from);
  let to = from;
  while (to < text.length && !/[,\]}#\n\r]/.test(text[to])) to++;
  while (/\s/.test(text[to - 1])) to--;
  return { from, to };
}

/** An array or an inline table, with all that is nested in it. */
function readBracketed(text: string, from: number): Span {
  let depth = 0;
  let at = from;
  for (;;) {
    const character = text[at];
    if (character === '"' || character === "'") at = readString(text, at).to;
    else if (character === "#") at = endOfLine(text, at);
    else {
      if (character === "[" || character === "{") depth++;
      if (character === "]" || character === "}") depth--;
      at++;
      if (depth === 0 || at >= text.length) return { from, to: at };
    }
  }
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

/** Over white space, line ends and comments. */
function skipBlank(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    if (text[at] === "#") at = endOfLine(text, at);
    else if (/[\s\uFEFF]/.test(text[at])) at++;
    else break;
  }
  return at;
}

/** The same, and over the commas of an array or inline table. */
function skipBetween(text: string, start: number): number {
  let at = skipBlank(text, start);
  while (text[at] === ",") at = skipBlank(text, at + 1);
  return at;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}
