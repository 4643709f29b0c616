import { inflate } from "./inflate.ts";

/**
 * The most that a file may unpack to, in bytes. A scanned book of 25 MB, or a workbook of that size, mostly unpacks to
 * less.
 */
export const MOST_UNPACKED_BYTES = 256 * 1024 * 1024;

/**
 * The most work for counting, in steps of `inflate`: 0.4 s of CPU, of the 2 s that a function has. 25 MB from usual
 * tools take at most half of it; only a file made for it takes more.
 */
export const MOST_STEPS = 60_000_000;

/** Far more streams or entries than a document of the permitted size has. */
const MOST_PARTS = 10_000;
/** The deepest nesting of deflated data: writers use one layer, or two by mistake. */
const MOST_LAYERS = 4;
/** Nested packed data are held whole to be read; larger ones are not read. */
export const LARGEST_INNER_BYTES = 32 * 1024 * 1024;
const HEAD_BYTES = 4;

export type Deflated = "zlib" | "raw";
const HEADER_BYTES = { zlib: 2, raw: 0 };

/** The file unpacks to more than it may, or counting takes more work than it may. */
export class UnpacksTooLarge extends Error {
  override name = "UnpacksTooLarge";
}

/** Counts the unpacked size of a file's parts, together, and the work of unpacking. */
export class UnpackBudget {
  #bytes: number;
  #steps: number;
  #parts = MOST_PARTS;

  constructor({ bytes = MOST_UNPACKED_BYTES, steps = MOST_STEPS } = {}) {
    this.#bytes = bytes;
    this.#steps = steps;
  }

  /** @throws {UnpacksTooLarge} */
  spend(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) throw new UnpacksTooLarge();
  }

  /** @throws {UnpacksTooLarge} */
  spendParts(parts: number): void {
    this.#parts -= parts;
    if (this.#parts < 0) throw new UnpacksTooLarge();
  }

  /**
   * Unpacks deflated data up to their end or first damage, and the data inside if they are deflated too.
   * @param keep how many of the unpacked bytes to return, given the first few of them
   * @throws {UnpacksTooLarge}
   */
  inflate(
    data: Uint8Array,
    format: Deflated,
    keep: (head: Uint8Array) => number,
  ): Uint8Array {
    return this.#inflate(data.subarray(HEADER_BYTES[format]), keep, 1).kept;
  }

  #inflate(
    data: Uint8Array,
    keep: (head: Uint8Array) => number,
    layer: number,
  ): { kept: Uint8Array; isCutOff: boolean } {
    if (layer > MOST_LAYERS) throw new UnpacksTooLarge();
    const { kept: head } = this.#read(data, HEAD_BYTES, HEAD_BYTES);
    const isPacked = isZlib(head);
    const wanted = keep(head);
    const most = isPacked ? LARGEST_INNER_BYTES : wanted;
    const { size, kept, isCutOff } = this.#read(data, most, this.#bytes);
    this.spend(size);
    if (isPacked) {
      const inner = this.#inflate(kept.subarray(2), () => 0, layer + 1);
      if (inner.isCutOff && size > kept.length) throw new UnpacksTooLarge();
    }
    return { kept: kept.subarray(0, wanted), isCutOff };
  }

  #read(data: Uint8Array, keep: number, mostBytes: number) {
    const read = inflate(data, { keep, mostBytes, mostSteps: this.#steps });
    this.#steps -= read.steps;
    if (this.#steps < 0) throw new UnpacksTooLarge();
    return read;
  }
}

/** Whether data begin as zlib's do: deflate, no preset dictionary, and a checksum over both (RFC 1950, 2.2). */
export function isZlib(data: Uint8Array, at = 0): boolean {
  return at + 2 < data.length && (data[at] & 0x8f) === 0x08 &&
    (data[at + 1] & 0x20) === 0 &&
    (data[at] << 8 | data[at + 1]) % 31 === 0;
}
