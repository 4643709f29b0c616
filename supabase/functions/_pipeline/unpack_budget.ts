import { pipeline } from "node:stream/promises";
import { createInflate, createInflateRaw } from "node:zlib";

/**
 * The most that a file may unpack to, in bytes. Counting them takes a second of CPU at worst, of the two that a function
 * has, and the memory of a piece at a time. A scanned book of 25 MB, or a workbook of as much, mostly comes to less.
 */
export const MOST_UNPACKED_BYTES = 256 * 1024 * 1024;

/** Far more than a document of the permitted size has; each takes a tenth of a millisecond at worst. */
const MOST_PARTS = 10_000;
/** Deflate in deflate in …: writers use one layer, or two by mistake. */
const MOST_LAYERS = 4;
const PIECE_BYTES = 256 * 1024;

export type Deflated = "zlib" | "raw";
type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The file unpacks to more than it may, or is made so that counting has no end. */
export class UnpacksTooLarge extends Error {
  override name = "UnpacksTooLarge";
}

/** Counts what the parts of one file come to when they are unpacked, together. */
export class UnpackBudget {
  #bytes: number;
  #parts = MOST_PARTS;

  constructor(bytes = MOST_UNPACKED_BYTES) {
    this.#bytes = bytes;
  }

  /** @throws {UnpacksTooLarge} */
  spend(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) throw new UnpacksTooLarge();
  }

  /**
   * Unpacks deflated data up to its end or its first damage, and what that holds if it is deflated itself.
   * @param keep so many of the unpacked bytes, from the first on, are given back
   * @throws {UnpacksTooLarge}
   */
  async inflate(
    data: Uint8Array,
    { format = "zlib", keep = 0 }: { format?: Deflated; keep?: number } = {},
  ): Promise<{ size: number; kept: Uint8Array }> {
    let size = 0;
    const kept: Uint8Array[] = [];
    await this.#inflate([data], format, 1, (piece) => {
      if (size < keep) kept.push(piece.slice(0, keep - size));
      size += piece.length;
    });
    return { size, kept: await joined(kept) };
  }

  async #inflate(
    data: Pieces,
    format: Deflated,
    layer: number,
    see: (piece: Uint8Array) => void,
  ): Promise<void> {
    if (--this.#parts < 0 || layer > MOST_LAYERS) throw new UnpacksTooLarge();
    const create = format === "zlib" ? createInflate : createInflateRaw;
    const spend = (piece: Uint8Array) => {
      this.spend(piece.length);
      see(piece);
    };
    try {
      await pipeline(
        data,
        create({ chunkSize: PIECE_BYTES }),
        (pieces) =>
          this.#follow(
            counted(pieces as AsyncIterable<Uint8Array>, spend),
            layer,
          ),
      );
    } catch (error) {
      // Whoever reads the file finds the damage too; here it only ends the count.
      if (!isDamage(error)) throw error;
    }
  }

  /** Takes the pieces to their end, and looks into them on the way if they are deflated once more. */
  async #follow(
    pieces: AsyncGenerator<Uint8Array>,
    layer: number,
  ): Promise<void> {
    const first = await pieces.next();
    if (!first.done && isZlib(first.value)) {
      // The inner layer may end early; the outer one goes on after it.
      const inner = async function* () {
        yield first.value;
        for (let next; !(next = await pieces.next()).done;) yield next.value;
      };
      await this.#inflate(inner(), "zlib", layer + 1, () => {});
    }
    while (!(await pieces.next()).done);
  }
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  count: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    count(piece);
    yield piece;
  }
}

/** Whether data begin as zlib's do: deflate, no preset dictionary, and a check sum over both (RFC 1950, 2.2). */
export function isZlib(data: Uint8Array): boolean {
  return data.length > 2 && (data[0] & 0x8f) === 0x08 &&
    (data[1] & 0x20) === 0 && (data[0] << 8 | data[1]) % 31 === 0;
}

async function joined(pieces: Uint8Array[]): Promise<Uint8Array> {
  const blob = new Blob(pieces as BlobPart[]);
  return new Uint8Array(await blob.arrayBuffer());
}

function isDamage(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    /^Z_(DATA|BUF|STREAM)_ERROR$|^Z_NEED_DICT$/.test(String(error.code));
}
