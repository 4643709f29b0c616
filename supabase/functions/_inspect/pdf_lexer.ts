/*
 * A PDF's tokens, as far as they are needed to find and read dictionaries. (ISO
 * 32000-1, 7.2 and 7.3)
 */

const HASH = 0x23;
const SLASH = 0x2f;
const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const [OPEN, CLOSE] = [0x28, 0x29];
const [LESS, MORE] = [0x3c, 0x3e];
const [OPEN_ARRAY, CLOSE_ARRAY] = [0x5b, 0x5d];

const WHITE = setOf("\0\t\n\f\r ");
const DELIMITERS = setOf("()<>[]{}/%");
/** A hexadecimal digit's value plus one; 0 for any other byte. */
const HEX = new Uint8Array(256);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  HEX[digit.charCodeAt(0)] = value + 1;
  HEX[digit.toUpperCase().charCodeAt(0)] = value + 1;
}

/** Longer words are ignored. (7.3.5 limits names to 127.) */
const LONGEST_WORD = 127;

/** A name with its slash, a number or keyword, a delimiter, or `""` for a string. */
export type Token = string;

/** Whether a byte is neither white space nor a delimiter. (7.2.2) */
export function isRegular(byte: number | undefined): boolean {
  return byte !== undefined && !WHITE[byte] && !DELIMITERS[byte];
}

export function isWhite(byte: number | undefined): boolean {
  return byte !== undefined && WHITE[byte] === 1;
}

/**
 * Whether a name begins at a slash, in any spelling: every character may be written as `#` and two hexadecimal digits.
 * (7.3.5)
 * @param name without the slash
 */
export function isName(bytes: Uint8Array, slash: number, name: string) {
  let at = slash + 1;
  for (let n = 0; n < name.length; n++, at++) {
    let byte = bytes[at];
    if (byte === HASH) {
      byte = escaped(bytes, at) ?? byte;
      if (byte !== HASH) at += 2;
    }
    if (byte !== name.charCodeAt(n)) return false;
  }
  return !isRegular(bytes[at]);
}

/** Whether a name occurs among some bytes. */
export function hasName(bytes: Uint8Array, name: string): boolean {
  for (let at = bytes.indexOf(SLASH); at !== -1;) {
    if (isName(bytes, at, name)) return true;
    at = bytes.indexOf(SLASH, at + 1);
  }
  return false;
}

/** The tokens of the bytes, in order. Strings are skipped. */
export function* tokens(bytes: Uint8Array): Generator<Token> {
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at];
    if (WHITE[byte]) at++;
    else if (byte === PERCENT) at = afterComment(bytes, at);
    else if (byte === OPEN) {
      at = afterString(bytes, at);
      yield "";
    } else if (byte === LESS && bytes[at + 1] !== LESS) {
      at = afterHexString(bytes, at);
      yield "";
    } else if (
      (byte === LESS || byte === MORE) && bytes[at + 1] === byte
    ) {
      at += 2;
      yield byte === LESS ? "<<" : ">>";
    } else if (byte === OPEN_ARRAY || byte === CLOSE_ARRAY) {
      at++;
      yield byte === OPEN_ARRAY ? "[" : "]";
    } else if (byte !== SLASH && DELIMITERS[byte]) {
      at++;
    } else {
      const from = at++;
      while (isRegular(bytes[at])) at++;
      yield word(bytes, from, at);
    }
  }
}

function word(bytes: Uint8Array, from: number, until: number): string {
  const isNameWord = bytes[from] === SLASH;
  const end = Math.min(until, from + 1 + 3 * LONGEST_WORD);
  let text = "";
  for (let at = from; at < end; at++) {
    const byte = isNameWord && bytes[at] === HASH ? escaped(bytes, at) : undefined;
    if (byte !== undefined) at += 2;
    text += String.fromCharCode(byte ?? bytes[at]);
  }
  return text;
}

function escaped(bytes: Uint8Array, at: number): number | undefined {
  const high = HEX[bytes[at + 1]];
  const low = HEX[bytes[at + 2]];
  return high && low ? 16 * (high - 1) + low - 1 : undefined;
}

function afterComment(bytes: Uint8Array, at: number): number {
  while (at < bytes.length && bytes[at] !== 0x0a && bytes[at] !== 0x0d) at++;
  return at;
}

/** Parentheses within are balanced or escaped. (7.3.4.2) */
function afterString(bytes: Uint8Array, at: number): number {
  for (let depth = 0; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at++;
    else if (bytes[at] === OPEN) depth++;
    else if (bytes[at] === CLOSE && --depth === 0) return at + 1;
  }
  return bytes.length;
}

function afterHexString(bytes: Uint8Array, at: number): number {
  at++;
  while (HEX[bytes[at]] || isWhite(bytes[at])) at++;
  return bytes[at] === MORE ? at + 1 : at;
}

function setOf(characters: string): Uint8Array {
  const set = new Uint8Array(256);
  for (const character of characters) set[character.charCodeAt(0)] = 1;
  return set;
}
