import { PipelineError } from "./pipeline_error.ts";

/** A file whose digest is known. What is read from it later is compared with what was read then. */
export interface CheckedFile {
  readonly size: number;
  /** Of the whole file, in hexadecimal digits. */
  readonly sha256: string;
  /**
   * Bytes from `start` to before `end`.
   * @throws {PipelineError} `file_changed` if they are others than before, or can no longer be read
   */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** What is compared at once, in bytes. Sending reads at most one of them more than it sends, at each end. */
const BLOCK_BYTES = 1024 * 1024;

/**
 * Reads a file and computes its digest. Holds it in memory once meanwhile, because WebCrypto has no digest of a stream;
 * WebCrypto may hold a copy of its own. Nothing of it remains afterwards but digests of its blocks.
 * @param onHashed called before each block and at the end with the number of bytes so far; what it throws ends the
 * reading
 * @throws {PipelineError} `file_empty`, `file_unreadable`, `file_too_large` if memory does not hold it, or
 * `insecure_context` where browsers have no WebCrypto
 */
export async function checkFile(file: Blob, onHashed: (hashedBytes: number) => void): Promise<CheckedFile> {
  const { size } = file;
  const whole = memoryFor(size);
  const digests: string[] = [];
  for (let start = 0; start < size; start += BLOCK_BYTES) {
    onHashed(start);
    const block = await readBlock(file, start, "file_unreadable");
    whole.set(block, start);
    digests.push(await sha256Hex(block));
  }
  onHashed(size);
  const sha256 = size > BLOCK_BYTES ? await sha256Hex(whole) : digests[0];
  return { size, sha256, read: (start, end) => readChecked(file, digests, start, Math.min(end, size)) };
}

function memoryFor(size: number): Uint8Array<ArrayBuffer> {
  if (size === 0) throw new PipelineError("file_empty", "The file is empty.");
  if (!globalThis.crypto?.subtle) {
    const message = "Files can be uploaded only from pages that are served over https, or from localhost.";
    throw new PipelineError("insecure_context", message);
  }
  try {
    return new Uint8Array(size);
  } catch (cause) {
    const message = `The file is too large for this device's memory: ${size} bytes.`;
    throw new PipelineError("file_too_large", message, { cause });
  }
}

async function readChecked(
  file: Blob,
  digests: string[],
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(Math.max(end - start, 0));
  for (let from = start - start % BLOCK_BYTES; from < end; from += BLOCK_BYTES) {
    const block = await readBlock(file, from, "file_changed");
    if (await sha256Hex(block) !== digests[from / BLOCK_BYTES]) throw changed();
    const wanted = block.subarray(Math.max(start - from, 0), Math.min(end - from, BLOCK_BYTES));
    bytes.set(wanted, Math.max(from - start, 0));
  }
  return bytes;
}

async function readBlock(
  file: Blob,
  start: number,
  code: "file_changed" | "file_unreadable",
): Promise<Uint8Array<ArrayBuffer>> {
  const end = Math.min(start + BLOCK_BYTES, file.size);
  let block: ArrayBuffer;
  try {
    block = await file.slice(start, end).arrayBuffer();
  } catch (cause) {
    if (code === "file_changed") throw changed(cause);
    const message = "The file cannot be read: it is a folder, it was changed, moved or deleted after it was chosen, " +
      "or this program may not read it. Choose it again.";
    throw new PipelineError(code, message, { cause });
  }
  // A browser that does not notice the change returns what is there now.
  if (block.byteLength !== end - start) throw changed();
  return new Uint8Array(block);
}

function changed(cause?: unknown): PipelineError {
  const message = "The file was changed, moved or deleted while it was uploaded. Choose it again.";
  return new PipelineError("file_changed", message, { cause });
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
