import type { Block, Turn } from "./blocks.ts";
import { sentences as segmenter } from "./continued_sentence.ts";
import { bodyOf } from "./passage_slices.ts";
import { cellsOf, namesOf, splitRow } from "./tables.ts";
import { splitByTokens } from "./tokens.ts";

/** The frame of units that are parts of one table or one piece of code, repeated in each of their chunks. */
export interface Frame {
  open: string;
  close: string;
  tokens: number;
}

/** A piece of text that goes into a chunk as a whole. */
export interface Unit {
  text: string;
  tokens: number;
  /** The separator before it where it follows another unit. */
  glue: string;
  page: number | null;
  turns: Turn[];
  frame?: Frame;
}

export type CountTokens = (text: string) => number;

/**
 * The block as one unit if it has at most `room` tokens. Otherwise its parts that fit: a table's rows, a list's items,
 * the sentences of a paragraph, the lines of anything else; the sentences of a long line, and the tokens of a long
 * sentence.
 */
export function* fit(
  block: Block,
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  const { text, page, turns } = block;
  const whole = { text, page, turns, glue: "\n\n", tokens: countTokens(text) };
  if (whole.tokens <= room) yield whole;
  else if (block.header !== undefined) {
    yield* rows(block, block.header, room, countTokens);
  } else if (block.fence) yield* code(whole, block.fence, room, countTokens);
  else if (block.items) yield* listItems(whole, block.items, room, countTokens);
  else if (block.kind === "prose") yield* sentences(whole, room, countTokens);
  else yield* lines(whole, room, countTokens);
}

function* rows(
  block: Block,
  header: string,
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  const { page } = block;
  const unit = (text: string, frame: Frame) => ({
    text,
    page,
    turns: [],
    glue: "\n",
    tokens: countTokens(text),
    frame,
  });
  // Including its line break.
  const whole = {
    open: `${header}\n`,
    close: "",
    tokens: countTokens(header) + 1,
  };
  // A header that takes half of a chunk is not worth repeating whole.
  const isWide = whole.tokens > room / 2;
  const body = block.text.slice(header.length + 1);
  const top = {
    text: header,
    page,
    turns: [],
    glue: "\n\n",
    tokens: whole.tokens,
  };
  if (isWide) yield* lines(top, room, countTokens);
  const names = namesOf(header);
  let isNamed = isWide;
  for (const text of body.split("\n")) {
    if (text.trim() === "") continue;
    const row = unit(text, whole);
    if (!isWide && row.tokens <= room - whole.tokens) {
      yield row;
      isNamed = true;
      continue;
    }
    const cells = cellsOf(text);
    // Parts of a row name their columns.
    if (!isNamed && names.some((name, i) => name !== "" && !cells[i])) {
      yield* lines(top, room, countTokens);
    }
    isNamed = true;
    const tables = splitRow(names, cells, {
      limit: room,
      size: countTokens,
      cut: function* (cell, limit) {
        const long = {
          text: cell,
          page,
          turns: [],
          glue: "",
          tokens: Infinity,
        };
        for (
          const { text } of filled(sentences(long, limit, countTokens), limit)
        ) {
          yield text;
        }
      },
    });
    for (const { header, row } of tables) {
      const open = `${header}\n`;
      yield unit(row, { open, close: "", tokens: countTokens(open) });
    }
  }
}

/** Joins pieces that fit together, so that a cell is cut into as few as possible. */
function* filled(
  units: Iterable<Unit>,
  limit: number,
): Generator<{ text: string }> {
  let text = "";
  let tokens = 0;
  for (const unit of units) {
    if (tokens > 0 && tokens + unit.tokens + 1 > limit) {
      yield { text };
      text = "";
      tokens = 0;
    }
    text += (text === "" ? "" : unit.glue) + unit.text;
    tokens += unit.tokens + 1;
  }
  if (text !== "") yield { text };
}

function* code(
  whole: Unit,
  fence: { open: string; close: string },
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  const open = `${fence.open}\n`;
  const close = `\n${fence.close}`;
  const frame = { open, close, tokens: countTokens(open + close) + 1 };
  if (frame.tokens > room / 2) {
    yield* lines(whole, room, countTokens);
    return;
  }
  const body = { ...whole, text: bodyOf(whole.text, fence) };
  for (const line of lines(body, room - frame.tokens, countTokens)) {
    yield { ...line, frame };
  }
}

function* listItems(
  whole: Unit,
  starts: number[],
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  for (const [i, start] of starts.entries()) {
    const item = part(
      whole,
      start,
      starts[i + 1],
      i === 0 ? "\n\n" : "\n",
      countTokens,
    );
    if (!item) continue;
    if (item.tokens <= room) yield item;
    else yield* lines(item, room, countTokens);
  }
}

function* lines(
  whole: Unit,
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  let { glue } = whole;
  let from = 0;
  for (const { length } of whole.text.split("\n")) {
    const line = part(whole, from, from + length, glue, countTokens);
    if (!line) glue = "\n\n";
    else {
      if (line.tokens <= room) yield line;
      else yield* sentences(line, room, countTokens);
      glue = "\n";
    }
    from += length + 1;
  }
}

function* sentences(
  whole: Unit,
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  let { glue } = whole;
  // Line breaks within a paragraph are spaces, but the segmenter would end a sentence there.
  const text = whole.text.replaceAll("\n", " ");
  for (const { segment, index } of segmenter.segment(text)) {
    const end = index + segment.length;
    const sentence = part(whole, index, end, glue, countTokens);
    if (!sentence) continue;
    if (sentence.tokens <= room) yield sentence;
    else if (sentence.text.includes("\n")) {
      yield* lines(sentence, room, countTokens);
    } else yield* words(sentence, room, countTokens);
    const space = whole.text.slice(index + sentence.text.length, end);
    glue = space.includes("\n") ? "\n" : space && " ";
  }
}

/** Text without sentences, cut by tokens; after a space if one is near. */
function* words(
  whole: Unit,
  room: number,
  countTokens: CountTokens,
): Generator<Unit> {
  let { glue } = whole;
  let from = 0;
  const pieces = splitByTokens(whole.text, room, countTokens);
  for (const piece of pieces) {
    const unit = part(whole, from, from + piece.length, glue, countTokens);
    if (unit) {
      yield unit;
      glue = "";
    }
    from += piece.length;
  }
}

/**
 * The unit's text between two offsets, without trailing spaces, and its pages.
 */
function part(
  whole: Unit,
  from: number,
  end: number | undefined,
  glue: string,
  countTokens: CountTokens,
): Unit | undefined {
  const text = whole.text.slice(from, end).trimEnd();
  if (text === "") return undefined;
  const turns = whole.turns.map(({ at, page }) => ({ at: at - from, page }));
  return {
    text,
    glue,
    tokens: text === whole.text ? whole.tokens : countTokens(text),
    page: turns.findLast(({ at }) => at <= 0)?.page ?? whole.page,
    turns: turns.filter(({ at }) => at > 0 && at < text.length),
  };
}

/** The unit, without its frame, in as many pieces as the limit requires. */
export function cut(
  unit: Unit,
  limit: number,
  countTokens: CountTokens,
): Unit[] {
  return [...words({ ...unit, frame: undefined }, limit, countTokens)];
}
