/*
 * The bits and Huffman codes of deflated data. (RFC 1951)
 */

/** Codes up to this many bits are found in a table; longer ones bit by bit. */
const TABLE_BITS = 10;
export const TABLE_SIZE = 1 << TABLE_BITS;
export const LONGEST_CODE = 15;
export const END_OF_BLOCK = 256;

/** The bits of a byte sequence, lowest first; zeros after its end. */
export class BitReader {
  at = 0;
  buffer = 0;
  count = 0;

  constructor(readonly data: Uint8Array) {}

  /** @param bits 16 at most */
  take(bits: number): number {
    while (this.count < bits) {
      const byte = this.at < this.data.length ? this.data[this.at] : 0;
      this.buffer |= byte << this.count;
      this.at++;
      this.count += 8;
    }
    const value = this.buffer & ((1 << bits) - 1);
    this.buffer >>>= bits;
    this.count -= bits;
    return value;
  }

  /** Drops the rest of the current byte, and gives back whole bytes that were read ahead. */
  align(): void {
    this.at -= this.count >> 3;
    this.buffer = 0;
    this.count = 0;
  }

  /** Whether more bits were read than there are. */
  get isOverrun(): boolean {
    return this.at - (this.count >> 3) > this.data.length;
  }
}

/** A canonical Huffman code. (RFC 1951, 3.2.2) */
class HuffmanCode {
  /** Symbol and length by the next bits of the input; 0 where the code is longer, or does not exist. */
  readonly table = new Uint16Array(TABLE_SIZE);
  readonly #counts = new Uint16Array(LONGEST_CODE + 1);
  readonly #symbols = new Uint16Array(288);

  /** @returns whether the lengths form a code */
  define(lengths: Uint8Array): boolean {
    const counts = this.#counts.fill(0);
    for (const length of lengths) counts[length]++;
    counts[0] = 0;
    const offsets = new Uint16Array(LONGEST_CODE + 1);
    const codes = new Uint16Array(LONGEST_CODE + 1);
    let left = 1;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      left = 2 * left - counts[length];
      if (left < 0) return false;
      offsets[length] = offsets[length - 1] + counts[length - 1];
      codes[length] = (codes[length - 1] + counts[length - 1]) << 1;
    }
    this.table.fill(0);
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      const length = lengths[symbol];
      if (length === 0) continue;
      this.#symbols[offsets[length]++] = symbol;
      const code = codes[length]++;
      if (length > TABLE_BITS) continue;
      const step = 1 << length;
      for (let at = reversed(code, length); at < TABLE_SIZE; at += step) {
        this.table[at] = symbol << 4 | length;
      }
    }
    return true;
  }

  /** The table's entry for a longer code; 0 for none. */
  find(bits: number): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code |= bits >>> (length - 1) & 1;
      const count = this.#counts[length];
      if (code - first < count) {
        return this.#symbols[index + code - first] << 4 | length;
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return 0;
  }
}

function reversed(code: number, length: number): number {
  let result = 0;
  for (let n = 0; n < length; n++) {
    result |= (code >> n & 1) << (length - 1 - n);
  }
  return result;
}

export interface Codes {
  literals: HuffmanCode;
  distances: HuffmanCode;
}

/** RFC 1951, 3.2.6 */
export const FIXED_CODES: Codes = {
  literals: codeOf(Uint8Array.from(
    { length: 288 },
    (_, symbol) => symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  )),
  distances: codeOf(new Uint8Array(30).fill(5)),
};

function codeOf(lengths: Uint8Array): HuffmanCode {
  const code = new HuffmanCode();
  code.define(lengths);
  return code;
}

/** Created once: a block's codes are no longer needed when the next one's are read. */
const codeOfLengths = new HuffmanCode();
const own: Codes = {
  literals: new HuffmanCode(),
  distances: new HuffmanCode(),
};

const LENGTHS_ORDER = numbers(
  "16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1 15",
);

/** The codes that precede a block; null if they contradict themselves. (RFC 1951, 3.2.7) */
export function readCodes(input: BitReader): Codes | null {
  const literals = input.take(5) + 257;
  const distances = input.take(5) + 1;
  const lengthCodes = new Uint8Array(19);
  for (let n = input.take(4) + 4, i = 0; i < n; i++) {
    lengthCodes[LENGTHS_ORDER[i]] = input.take(3);
  }
  if (literals > 286 || !codeOfLengths.define(lengthCodes)) return null;

  const lengths = new Uint8Array(literals + distances);
  for (let at = 0; at < lengths.length;) {
    const symbol = takeSymbol(input, codeOfLengths);
    if (symbol === null) return null;
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    if (symbol === 16 && at === 0) return null;
    const value = symbol === 16 ? lengths[at - 1] : 0;
    const times = symbol === 16 ? 3 + input.take(2) : symbol === 17 ? 3 + input.take(3) : 11 + input.take(7);
    if (at + times > lengths.length) return null;
    lengths.fill(value, at, at + times);
    at += times;
  }
  if (lengths[END_OF_BLOCK] === 0) return null;
  return own.literals.define(lengths.subarray(0, literals)) &&
      own.distances.define(lengths.subarray(literals))
    ? own
    : null;
}

function takeSymbol(input: BitReader, code: HuffmanCode): number | null {
  const bits = input.take(LONGEST_CODE);
  const entry = code.table[bits & TABLE_SIZE - 1] || code.find(bits);
  const length = entry & 15;
  input.buffer = input.buffer << LONGEST_CODE - length | bits >>> length;
  input.count += LONGEST_CODE - length;
  return entry === 0 ? null : entry >> 4;
}

export function numbers(text: string): Uint16Array {
  return Uint16Array.from(text.split(" "), Number);
}
