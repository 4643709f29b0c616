import { splitByTokens } from "../_shared/tokens.ts";
import type { Block } from "./markdown_blocks.ts";

/** A piece of text that goes into a chunk as a whole. */
export interface Unit {
  text: string;
  tokens: number;
  /** What stands before it where it follows another unit. */
  glue: string;
  /** UTF-16 offset in the Markdown. */
  at: number;
  /** Its table's header rows, to be repeated where a chunk begins with this unit. */
  header?: { text: string; tokens: number };
}

export type CountTokens = (text: string) => number;

export function wholeBlock(block: Block, countTokens: CountTokens): Unit {
  const { text, at } = block;
  return { text, at, glue: "\n\n", tokens: countTokens(text) };
}

/**
 * The block as one unit if that has at most `room` tokens. Otherwise its parts that have: a table's rows, a list's
 * items, the sentences of a paragraph, the lines of anything else; sentences of a line, and tokens of a sentence, that are too long.
 */
export function* fit(
  block: Block,
  whole: Unit,
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  if (whole.tokens <= room) yield whole;
  else if (block.header !== undefined) {
    yield* rows(block, block.header, room, countTokens);
  } else if (block.items !== undefined) {
    yield* listItems(block, block.items, room, countTokens);
  } else if (block.kind === "prose") yield* sentences(whole, room, countTokens);
  else yield* lines(whole, room, countTokens);
}

function* rows(
  block: Block,
  headerText: string,
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  const afterHeader = headerText.length + 1;
  // With its line break.
  const header = { text: headerText, tokens: countTokens(headerText) + 1 };
  const top: Unit = { ...header, at: block.at, glue: "\n\n" };
  const body: Unit = {
    text: block.text.slice(afterHeader),
    at: block.at + afterHeader,
    glue: "\n",
    tokens: Infinity,
  };
  // A header that takes half of a chunk is not worth repeating.
  if (header.tokens > room / 2) {
    yield* lines(top, room, countTokens);
    yield* lines(body, room, countTokens);
    return;
  }
  let first = true;
  for (const row of lines(body, room - header.tokens, countTokens)) {
    if (first) {
      const text = `${headerText}\n${row.text}`;
      yield { ...top, text, tokens: countTokens(text) };
      first = false;
    } else {
      yield { ...row, header };
    }
  }
}

function* listItems(
  block: Block,
  starts: number[],
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  for (const [i, start] of starts.entries()) {
    const text = block.text.slice(start, starts[i + 1]).trimEnd();
    const item: Unit = {
      text,
      at: block.at + start,
      glue: i === 0 ? "\n\n" : "\n",
      tokens: countTokens(text),
    };
    if (item.tokens <= room) yield item;
    else yield* lines(item, room, countTokens);
  }
}

function* lines(
  whole: Unit,
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  let { at, glue } = whole;
  for (const text of whole.text.split("\n")) {
    if (text.trim() === "") {
      glue = "\n\n";
    } else {
      const line = { text, at, glue, tokens: countTokens(text) };
      if (line.tokens <= room) yield line;
      else yield* sentences(line, room, countTokens);
      glue = "\n";
    }
    at += text.length + 1;
  }
}

function* sentences(
  whole: Unit,
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  // A fixed locale, so that chunks do not depend on the machine's.
  const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
  let { glue } = whole;
  for (const { segment, index } of segmenter.segment(whole.text)) {
    const text = segment.trimEnd();
    if (text === "") continue;
    const at = whole.at + index;
    const tokens = text === whole.text ? whole.tokens : countTokens(text);
    const sentence = { text, at, glue, tokens };
    if (sentence.tokens <= room) yield sentence;
    else yield* pieces(sentence, room, countTokens);
    const space = segment.slice(text.length);
    glue = space.includes("\n") ? "\n" : space && " ";
  }
}

function* pieces(
  whole: Unit,
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  let { at, glue } = whole;
  for (const text of splitByTokens(whole.text, room, countTokens)) {
    if (text.trim() !== "") {
      yield { text, at, glue, tokens: countTokens(text) };
      glue = "";
    }
    at += text.length;
  }
}
