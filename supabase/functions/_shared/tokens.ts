import * as cl100k from "gpt-tokenizer/encoding/cl100k_base";

/**
 * UTF-8 bytes without a change between space and non-space, after which the tokenizer starts afresh. Its merge step
 * takes time in the square of such a run, so an unbroken megabyte would take hours.
 */
const LONGEST_RUN = 256;

/**
 * The tokenizer remembers the words it has merged. Once that memory is full, forgetting the oldest costs it ten times
 * what the memory saves; so it is never full, but emptied after so many UTF-16 units of text.
 */
const REMEMBERED = 200_000;
cl100k.setMergeCacheSize(Infinity);
let remembered = 0;

/** Nothing in a document is a control token: `<|endoftext|>` is the thirteen characters that the author wrote. */
const AS_ORDINARY_TEXT = { disallowedSpecial: new Set<string>() };

/** The tokens that OpenAI's embedding models (cl100k_base) count in the text; within some 1 % where runs were cut. */
export function countTokens(text: string): number {
  let tokens = 0;
  remember(text);
  for (const stretch of stretches(text)) {
    tokens += cl100k.countTokens(stretch, AS_ORDINARY_TEXT);
  }
  return tokens;
}

/**
 * Cuts the text at token boundaries into pieces of at most `maxTokens` each; together they are the text again.
 * A character is never torn: one whose own tokens exceed the limit makes a piece alone. Where the limit is in terms
 * of another `count`, pieces too long for it are halved until they keep it.
 * @throws {RangeError} on the first step, if `maxTokens` is below 1
 */
export function* splitByTokens(
  text: string,
  maxTokens: number,
  count: (text: string) => number = countTokens,
): Generator<string> {
  if (!(maxTokens >= 1)) throw new RangeError("maxTokens must be at least 1");
  let from = 0;
  let until = 0;
  let tokens = 0;
  for (const [end, cost] of boundaries(text)) {
    if (tokens + cost > maxTokens && until > from) {
      yield* halveUntil(text.slice(from, until), maxTokens, count);
      from = until;
      tokens = 0;
    }
    until = end;
    tokens += cost;
  }
  if (from < text.length) {
    yield* halveUntil(text.slice(from), maxTokens, count);
  }
}

/** A piece counted alone may come to slightly more tokens than the same characters did amid their neighbours. */
function* halveUntil(
  piece: string,
  maxTokens: number,
  count: (text: string) => number,
): Generator<string> {
  const half = piece.length >> 1;
  const middle = insideCharacter(piece, half) ? half + 1 : half;
  const whole = middle === 0 || middle === piece.length;
  if (whole || count(piece) <= maxTokens) {
    yield piece;
  } else {
    yield* halveUntil(piece.slice(0, middle), maxTokens, count);
    yield* halveUntil(piece.slice(middle), maxTokens, count);
  }
}

/** Every place where both a token and a character end, with the number of tokens since the place before. */
function* boundaries(text: string): Generator<[end: number, tokens: number]> {
  let offset = 0;
  remember(text);
  for (const stretch of stretches(text)) {
    const tokens = cl100k.encode(stretch, AS_ORDINARY_TEXT);
    let taken = 0;
    let reported = 0;
    let end = offset;
    // The decoder holds a character's first bytes back until the token that completes it has been taken.
    const counted = function* () {
      for (const token of tokens) {
        taken++;
        yield token;
      }
    };
    for (const characters of cl100k.decodeGenerator(counted())) {
      end += characters.length;
      if (insideCharacter(text, end)) continue;
      yield [end, taken - reported];
      reported = taken;
    }
    offset += stretch.length;
  }
}

function remember(text: string): void {
  remembered += text.length;
  if (remembered <= REMEMBERED) return;
  cl100k.clearMergeCache();
  remembered = text.length;
}

/** The text in pieces within which no run of spaces, or of anything else, is longer than `LONGEST_RUN`. */
function* stretches(text: string): Generator<string> {
  let from = 0;
  let run = 0;
  let spaces = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const space = isSpace(unit);
    if (space !== spaces) run = 0;
    spaces = space;
    run += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
    if (run > LONGEST_RUN && !insideCharacter(text, i)) {
      yield text.slice(from, i);
      from = i;
      run = 0;
    }
  }
  if (from < text.length) yield from === 0 ? text : text.slice(from);
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit === 0xa0 ||
    unit === 0x3000 || (unit >= 0x2000 && unit <= 0x200a);
}

/** Whether this offset falls between the two halves of a surrogate pair. */
function insideCharacter(text: string, offset: number): boolean {
  const before = text.charCodeAt(offset - 1);
  const after = text.charCodeAt(offset);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 &&
    after <= 0xdfff;
}
