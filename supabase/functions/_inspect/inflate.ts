import {
  BitReader,
  type Codes,
  END_OF_BLOCK,
  FIXED_CODES,
  LONGEST_CODE,
  numbers,
  readCodes,
  TABLE_SIZE,
} from "./deflate_codes.ts";

/*
 * Measures the unpacked size of deflated data (RFC 1951). zlib has no limit for
 * work: a block of a dozen bytes that yields nothing costs two microseconds,
 * and 25 MB of such blocks two seconds. This reader counts every step, and does
 * not even write bytes that are not kept.
 */

/* Work, in steps of about 6 ns, the time of one literal. */
const STREAM_STEPS = 200;
const BLOCK_STEPS = 20;
const CODES_STEPS = 2500;
const MATCH_STEPS = 3;
const LONG_CODE_STEPS = 4;
/** Per byte that is kept. */
const BYTES_A_STEP = 2;

const LONGEST_MATCH = 258;
const FIRST_KEPT_BYTES = 1024;

export interface InflateBounds {
  /** How many of the unpacked bytes to return, from the first on. */
  keep: number;
  /** Reading ends soon after this many unpacked bytes, */
  mostBytes: number;
  /** or soon after this many steps. */
  mostSteps: number;
}

export interface Inflated {
  /** The unpacked size in bytes, as far as the data were read. */
  size: number;
  kept: Uint8Array;
  /** The work, in steps. */
  steps: number;
  /** Whether the data ended before their end mark. */
  isCutOff: boolean;
}

/** Reads deflated data up to their end mark, the first damage or a limit; ignores what follows the end mark. */
export function inflate(data: Uint8Array, bounds: InflateBounds): Inflated {
  const input = new BitReader(data);
  const output = new Output(bounds);
  output.steps = STREAM_STEPS;
  for (let isLast = false; !isLast && !output.isFull && !input.isOverrun;) {
    isLast = input.take(1) === 1;
    if (!readBlock(input, output)) break;
  }
  const kept = output.kept();
  return {
    size: output.size,
    kept,
    steps: output.steps + Math.ceil(kept.length / BYTES_A_STEP),
    isCutOff: input.isOverrun,
  };
}

/** @returns false where the data are damaged or a limit was reached */
function readBlock(input: BitReader, output: Output): boolean {
  output.steps += BLOCK_STEPS;
  switch (input.take(2)) {
    case 0:
      return copyStored(input, output);
    case 1:
      return readSymbols(input, output, FIXED_CODES);
    case 2: {
      output.steps += CODES_STEPS;
      const codes = readCodes(input);
      return codes !== null && readSymbols(input, output, codes);
    }
    default:
      return false;
  }
}

/** Counts the unpacked bytes and the work, and keeps the beginning. */
class Output {
  size = 0;
  steps = 0;
  bytes: Uint8Array;

  constructor(readonly bounds: InflateBounds) {
    this.bytes = new Uint8Array(Math.min(bounds.keep, FIRST_KEPT_BYTES));
  }

  get isFull(): boolean {
    return this.size > this.bounds.mostBytes ||
      this.steps > this.bounds.mostSteps;
  }

  /**
   * Reserves memory for this many more bytes, as far as they are to be kept.
   */
  reserve(more: number): void {
    const { keep } = this.bounds;
    const needed = Math.min(keep, this.size + more);
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(
      Math.min(keep, Math.max(needed, 2 * this.bytes.length)),
    );
    larger.set(this.bytes);
    this.bytes = larger;
  }

  kept(): Uint8Array {
    return this.bytes.subarray(0, Math.min(this.size, this.bounds.keep));
  }
}

/** An uncompressed block. (RFC 1951, 3.2.4) */
function copyStored(input: BitReader, output: Output): boolean {
  input.align();
  const length = input.take(16);
  const complement = input.take(16);
  if ((length ^ complement) !== 0xffff) return false;
  input.align();
  const { data, at } = input;
  const available = Math.max(0, Math.min(length, data.length - at));
  if (output.size < output.bounds.keep) {
    output.reserve(available);
    const room = Math.min(available, output.bounds.keep - output.size);
    output.bytes.set(data.subarray(at, at + room), output.size);
  }
  output.size += available;
  input.at += length;
  return available === length;
}

/** The shortest length of each length symbol, and the number of bits that follow it. (RFC 1951, 3.2.5) */
const LENGTH_FROM = numbers(
  "3 4 5 6 7 8 9 10 11 13 15 17 19 23 27 31 35 43 51 59 67 83 99 115 131 163 195 227 258",
);
const LENGTH_BITS = numbers(
  "0 0 0 0 0 0 0 0 1 1 1 1 2 2 2 2 3 3 3 3 4 4 4 4 5 5 5 5 0",
);

/** Reads a block's symbols. Local variables only, because this loop takes nearly all of the time. */
function readSymbols(
  input: BitReader,
  output: Output,
  { literals, distances }: Codes,
): boolean {
  const { data } = input;
  const { keep, mostBytes, mostSteps } = output.bounds;
  const literalTable = literals.table;
  const distanceTable = distances.table;
  const mask = TABLE_SIZE - 1;
  let { at, buffer, count } = input;
  let { size, steps } = output;
  let isWhole = false;
  const refill = (bits: number) => {
    while (count < bits) {
      if (at < data.length) buffer |= data[at] << count;
      at++;
      count += 8;
    }
  };
  while (size <= mostBytes && ++steps <= mostSteps) {
    if (at > data.length && at - (count >> 3) > data.length) break;
    refill(LONGEST_CODE);
    let entry = literalTable[buffer & mask];
    if (entry === 0) {
      entry = literals.find(buffer);
      if (entry === 0) break;
      steps += LONG_CODE_STEPS;
    }
    buffer >>>= entry & 15;
    count -= entry & 15;
    const symbol = entry >> 4;
    if (symbol < END_OF_BLOCK) {
      if (size < keep) {
        if (size >= output.bytes.length) {
          output.size = size;
          output.reserve(1);
        }
        output.bytes[size] = symbol;
      }
      size++;
      continue;
    }
    if (symbol === END_OF_BLOCK) {
      isWhole = true;
      break;
    }
    if (symbol > 285) break;
    const lengthBits = LENGTH_BITS[symbol - 257];
    refill(LONGEST_CODE + lengthBits);
    const length = LENGTH_FROM[symbol - 257] +
      (buffer & (1 << lengthBits) - 1);
    buffer >>>= lengthBits;
    count -= lengthBits;

    entry = distanceTable[buffer & mask];
    if (entry === 0) {
      entry = distances.find(buffer);
      if (entry === 0) break;
      steps += LONG_CODE_STEPS;
    }
    buffer >>>= entry & 15;
    count -= entry & 15;
    const far = entry >> 4;
    if (far > 29) break;
    const distanceBits = far < 4 ? 0 : (far >> 1) - 1;
    refill(distanceBits);
    const distance = 1 + (buffer & (1 << distanceBits) - 1) +
      (far < 4 ? far : 2 + (far & 1) << distanceBits);
    buffer >>>= distanceBits;
    count -= distanceBits;
    if (distance > size) break;

    if (size < keep) {
      output.size = size;
      output.reserve(LONGEST_MATCH);
      const { bytes } = output;
      const end = Math.min(size + length, keep);
      if (distance === 1) bytes.fill(bytes[size - 1], size, end);
      else for (let to = size; to < end; to++) bytes[to] = bytes[to - distance];
    }
    size += length;
    steps += MATCH_STEPS - 1;
  }
  Object.assign(input, { at, buffer, count });
  Object.assign(output, { size, steps });
  return isWhole;
}
