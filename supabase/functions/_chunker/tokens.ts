import { endOfPretoken } from "./pretokens.ts";
import { byteString, rankOf, rankOfPair } from "./token_ranks.ts";

/**
 * The most UTF-8 bytes of a word that are merged at once, because merging takes time in the square of their number. A
 * longer word is cut, which may count a token or so too many.
 */
const LONGEST_WORD = 256;

/** UTF-16 units of words in the cache; beyond that, clearing it is cheaper than choosing. */
const REMEMBERED = 200_000;
/**
 * UTF-16 units. A longer word hardly occurs again; pieces of a long text without spaces do, whenever their chunk is
 * counted.
 */
const LONGEST_REMEMBERED = 4_096;
const counted = new Map<string, number>();
let remembered = 0;

/**
 * The number of tokens of OpenAI's embedding models (cl100k_base); within some 1 % if the text has words of more than
 * 256 bytes. A document contains no control tokens: `<|endoftext|>` is thirteen characters of its author.
 *
 * The vocabulary is gpt-tokenizer's. Its own merge step, which decodes each pair of bytes that it looks up, takes 3.3 s
 * for 1 MB of Japanese; this one, on strings of bytes, 0.2 s.
 */
export function countTokens(text: string): number {
  let tokens = 0;
  for (let from = 0; from < text.length;) {
    const end = endOfPretoken(text, from);
    tokens += countWord(text.slice(from, end));
    from = end;
  }
  return tokens;
}

function countWord(word: string): number {
  const known = counted.get(word);
  if (known !== undefined) return known;
  let tokens = 0;
  for (const bytes of stretches(word)) tokens += merge(bytes);
  if (word.length <= LONGEST_REMEMBERED) {
    remembered += word.length;
    if (remembered > REMEMBERED) {
      counted.clear();
      remembered = word.length;
    }
    counted.set(word, tokens);
  }
  return tokens;
}

/**
 * Cuts the text at token boundaries into pieces of at most `maxTokens` each, which joined are the text again. A
 * character is never split: one with more tokens than the limit is a piece of its own. If the limit is in terms of
 * another `count`, pieces that exceed it are halved until they do not.
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

/** A piece counted alone may have slightly more tokens than the same characters among their neighbours. */
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
  for (let from = 0; from < text.length;) {
    const next = endOfPretoken(text, from);
    let offset = from;
    for (const bytes of stretches(text.slice(from, next))) {
      // As a list, because a caller that takes the first may count tokens before the next.
      const found = boundariesIn(bytes, offset);
      offset = found.at(-1)![0];
      yield* found;
    }
    from = next;
  }
}

function boundariesIn(bytes: string, start: number): [number, number][] {
  const found: [number, number][] = [];
  const tokens = merge(bytes);
  let offset = start;
  let reported = 0;
  let byte = 0;
  for (let token = 1; token <= tokens; token++) {
    for (; byte < ends[token]; byte++) {
      // Each byte but continuation bytes begins a character; a surrogate pair is two units.
      const lead = bytes.charCodeAt(byte);
      if (lead < 0x80 || lead >= 0xc0) offset += lead >= 0xf0 ? 2 : 1;
    }
    const following = bytes.charCodeAt(byte);
    if (following >= 0x80 && following < 0xc0) continue;
    found.push([offset, token - reported]);
    reported = token;
  }
  return found;
}

/**
 * The word's bytes; for a word longer than `LONGEST_WORD`, in pieces of whole characters, which merge faster the
 * shorter they are.
 */
function* stretches(word: string): Generator<string> {
  const whole = word.length <= LONGEST_WORD ? byteString(word) : undefined;
  if (whole && whole.length <= LONGEST_WORD) {
    yield whole;
    return;
  }
  // At most three bytes per UTF-16 unit.
  const units = Math.floor(LONGEST_WORD / 3);
  for (let from = 0; from < word.length;) {
    const to = from + units;
    const end = insideCharacter(word, to) ? to + 1 : to;
    yield byteString(word.slice(from, end));
    from = end;
  }
}

/** The ends of the tokens of the last merge, after a leading 0. */
const ends = new Int32Array(LONGEST_WORD + 2);
const ranks = new Int32Array(LONGEST_WORD + 2);
const NONE = 0x7fffffff;

/**
 * Byte-pair encoding: merges the neighbours of the lowest rank until none merge. Sets `ends`, and returns the number of
 * tokens.
 */
function merge(bytes: string): number {
  ends[0] = 0;
  if (bytes.length === 1 || rankOf.has(bytes)) {
    ends[1] = bytes.length;
    return 1;
  }
  let parts = bytes.length;
  for (let i = 0; i < parts; i++) {
    ends[i + 1] = i + 1;
    const pair = i + 1 < parts ? rankOfPair[bytes.charCodeAt(i) << 8 | bytes.charCodeAt(i + 1)] : -1;
    ranks[i] = pair === -1 ? NONE : pair;
  }
  for (;;) {
    let lowest = NONE;
    let at = -1;
    for (let i = 0; i < parts; i++) {
      if (ranks[i] < lowest) {
        lowest = ranks[i];
        at = i;
      }
    }
    if (at === -1) return parts;
    parts--;
    // Faster than `copyWithin` on arrays this short.
    for (let i = at + 1; i < parts; i++) {
      ends[i] = ends[i + 1];
      ranks[i] = ranks[i + 1];
    }
    ends[parts] = ends[parts + 1];
    ranks[at] = rankFrom(bytes, at, parts);
    if (at > 0) ranks[at - 1] = rankFrom(bytes, at - 1, parts);
  }
}

/** The rank at which this part merges with the next. */
function rankFrom(bytes: string, part: number, parts: number): number {
  if (part + 1 >= parts) return NONE;
  return rankOf.get(bytes.slice(ends[part], ends[part + 2])) ?? NONE;
}

/** Whether this offset is between the halves of a surrogate pair. */
function insideCharacter(text: string, offset: number): boolean {
  const before = text.charCodeAt(offset - 1);
  const after = text.charCodeAt(offset);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 &&
    after <= 0xdfff;
}
