/** One statement of a file of SQL, without the semicolon that ends it. */
export interface Statement {
  /** With the comments before it, as the Supabase CLI records it. */
  text: string;
  /** From its first word on. */
  code: string;
  /** The line of its first word, counted from 1. */
  line: number;
}

/** What lies between two places where a semicolon, a word or a comment may begin. */
interface Token {
  kind: "space" | "comment" | "quoted" | "word" | "other";
  text: string;
}

const TOKEN = new RegExp(
  [
    /(?<space>\s+)/,
    /(?<comment>--[^\n]*)/,
    /(?<quoted>e'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*")/,
    /(?<dollar>\$(?:[a-z_]\w*)?\$)/,
    /(?<word>[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)/,
    /(?<block>\/\*)/,
    /(?<other>[^])/,
  ].map(({ source }) => source).join("|"),
  "iuy",
);

/**
 * Cuts SQL at the semicolons that end statements, not those in strings, quoted names, comments, bodies between dollars,
 * or between `begin atomic` and its `end`.
 */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let text = "";
  let line = 1;
  let code: { at: number; line: number } | undefined;
  let block = 0;
  let lastWord = "";

  function finish(): void {
    if (code) {
      statements.push({
        text: text.trim(),
        code: text.slice(code.at).trim(),
        line: code.line,
      });
    }
    text = "";
    code = undefined;
    block = 0;
    lastWord = "";
  }
  for (const token of tokensOf(sql)) {
    if (token.kind === "word") {
      const word = token.text.toLowerCase();
      if (word === "atomic" && lastWord === "begin") block = 1;
      else if (block > 0 && word === "case") block++;
      else if (block > 0 && word === "end") block--;
      lastWord = word;
    }
    if (token.text === ";" && block === 0) {
      finish();
      continue;
    }
    if (token.kind !== "space" && token.kind !== "comment") {
      code ??= { at: text.length, line };
    }
    text += token.text;
    line += token.text.split("\n").length - 1;
  }
  finish();
  return statements;
}

/** A statement without comments and with one space wherever there was some: equal for statements that do the same. */
export function normalise(statement: string): string {
  let text = "";
  for (const token of tokensOf(statement)) {
    if (token.kind === "space" || token.kind === "comment") {
      if (text !== "" && !text.endsWith(" ")) text += " ";
    } else text += token.text;
  }
  return text.trimEnd();
}

function* tokensOf(sql: string): Generator<Token> {
  let at = 0;
  while (at < sql.length) {
    TOKEN.lastIndex = at;
    const { 0: found, groups = {} } = TOKEN.exec(sql)!;
    const { dollar, block } = groups;
    let text = found;
    if (dollar) {
      const end = sql.indexOf(dollar, at + dollar.length);
      text = sql.slice(at, end < 0 ? sql.length : end + dollar.length);
    } else if (block) text = sql.slice(at, endOfComment(sql, at));
    at += text.length;
    const kind = groups.space
      ? "space"
      : groups.comment || block
      ? "comment"
      : groups.quoted || dollar
      ? "quoted"
      : groups.word
      ? "word"
      : "other";
    yield { kind, text };
  }
}

/** Where a comment of the second kind ends: they nest. */
function endOfComment(sql: string, start: number): number {
  let depth = 0;
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}
