const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/** The end record has 22 bytes and a comment of at most 65,535. */
const END_RECORD_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const ENTRY_BYTES = 46;

/**
 * More parts than any document has; a directory that states more is not read.
 */
const MOST_ENTRIES = 10_000;

/** A part of an archive, as in the directory. */
export interface ZipEntry {
  name: string;
  /** 0 stored, 8 deflated. */
  method: number;
  packedBytes: number;
  /** The offset of its local header. */
  at: number;
}

/**
 * The directory of a ZIP archive and its offset; null if there is none, its
 * length is wrong or longer than any document's, or the archive has the format
 * for more than 4 GB. Nothing is unpacked.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 and
 * 4.3.16
 */
export function readDirectory(
  bytes: Uint8Array,
): { at: number; entries: ZipEntry[] } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end === null) return null;
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (count > MOST_ENTRIES) return null;

  const text = new TextDecoder();
  const entries: ZipEntry[] = [];
  for (let at = start; isEntry(view, at, end);) {
    const nameAt = at + ENTRY_BYTES;
    const nameEnd = nameAt + view.getUint16(at + 28, true);
    if (nameEnd > end || entries.length === count) return null;
    entries.push({
      name: text.decode(bytes.subarray(nameAt, nameEnd)),
      method: view.getUint16(at + 10, true),
      packedBytes: view.getUint32(at + 20, true),
      at: view.getUint32(at + 42, true),
    });
    at = nameEnd + view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
  }
  return entries.length === count ? { at: start, entries } : null;
}

function isEntry(view: DataView, at: number, end: number): boolean {
  return at + ENTRY_BYTES <= end &&
    view.getUint32(at, true) === DIRECTORY_ENTRY;
}

function findEnd(view: DataView): number | null {
  const last = view.byteLength - END_RECORD_BYTES;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) === END_OF_DIRECTORY) return at;
  }
  return null;
}
