const LETTER = 1;
const NUMBER = 2;
const NEWLINE = 3;
const SPACE = 4;
const OTHER = 5;

/** The class of each UTF-16 unit; 0 until it is computed. */
const kinds = new Uint8Array(65_536);

/**
 * Where each piece ends that the tokenizer encodes on its own, as cl100k_base's pattern cuts a text:
 * `'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+$|\s*[\r\n]|\s+(?!\S)|\s`
 * (from OpenAI's tiktoken). Scanned by hand: the pattern backtracks over a megabyte of spaces and takes three times as
 * long.
 */
export function endOfPretoken(text: string, from: number): number {
  const kind = kindAt(text, from);
  const next = from + width(text, from);
  if (kind === LETTER) return endOf(LETTER, text, next);
  if (kind === NUMBER) return endOfNumber(text, next);
  if (kind === OTHER) {
    const contraction = contractionAt(text, from);
    if (contraction > 0) return from + contraction;
    if (kindAt(text, next) === LETTER) return endOf(LETTER, text, next);
    return endOf(NEWLINE, text, endOf(OTHER, text, next));
  }
  if (kind === SPACE) {
    const after = kindAt(text, next);
    if (after === LETTER) return endOf(LETTER, text, next);
    if (after === OTHER && text.charCodeAt(from) === 0x20) {
      return endOf(NEWLINE, text, endOf(OTHER, text, next));
    }
  }
  return endOfSpace(text, from);
}

/** Up to the last line break; without one, all but the space that the next word takes along. */
function endOfSpace(text: string, from: number): number {
  let end = from;
  let newline = -1;
  for (let kind = kindAt(text, end); kind === SPACE || kind === NEWLINE;) {
    end++;
    if (kind === NEWLINE) newline = end;
    kind = kindAt(text, end);
  }
  if (end === text.length) return end;
  if (newline !== -1) return newline;
  return end - from > 1 ? end - 1 : end;
}

function endOfNumber(text: string, from: number): number {
  let end = from;
  for (let digits = 1; digits < 3 && kindAt(text, end) === NUMBER; digits++) {
    end += width(text, end);
  }
  return end;
}

function endOf(kind: number, text: string, from: number): number {
  let end = from;
  while (kindAt(text, end) === kind) end += width(text, end);
  return end;
}

function contractionAt(text: string, at: number): number {
  if (text.charCodeAt(at) !== 0x27) return 0;
  const found = /^'(?:[sdmt]|ll|ve|re)/i.exec(text.slice(at, at + 3));
  // Without the flag `u`, `i` folds nothing beyond ASCII into these letters.
  return found ? found[0].length : 0;
}

function kindAt(text: string, at: number): number {
  if (at >= text.length) return 0;
  const unit = text.charCodeAt(at);
  if (unit >= 0xd800 && unit <= 0xdbff) {
    const point = text.codePointAt(at)!;
    if (point > 0xffff) return kindOf(String.fromCodePoint(point));
  }
  return kinds[unit] ||= kindOf(String.fromCharCode(unit));
}

function kindOf(character: string): number {
  if (/\p{L}/u.test(character)) return LETTER;
  if (/\p{N}/u.test(character)) return NUMBER;
  if (/[\r\n]/.test(character)) return NEWLINE;
  return /\s/.test(character) ? SPACE : OTHER;
}

function width(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}
