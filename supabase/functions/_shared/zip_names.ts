const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/** The end record has 22 bytes and a comment of at most 65,535. */
const END_RECORD_BYTES = 22;
const LONGEST_COMMENT = 65_535;

/** More names than any document has; a directory that claims more is not read further. */
const MOST_NAMES = 10_000;

/**
 * The names of the files in a ZIP archive, as its directory lists them; none if it is no archive or is cut off.
 * Nothing is unpacked. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 and 4.3.16
 */
export function zipNames(bytes: Uint8Array): Set<string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names = new Set<string>();
  const end = findEnd(view);
  if (end === null) return names;

  const text = new TextDecoder();
  let at = view.getUint32(end + 16, true);
  while (
    names.size < MOST_NAMES && at + 46 <= end &&
    view.getUint32(at, true) === DIRECTORY_ENTRY
  ) {
    const nameBytes = view.getUint16(at + 28, true);
    const otherBytes = view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
    const nameAt = at + 46;
    if (nameAt + nameBytes > end) break;
    names.add(text.decode(bytes.subarray(nameAt, nameAt + nameBytes)));
    at = nameAt + nameBytes + otherBytes;
  }
  return names;
}

function findEnd(view: DataView): number | null {
  const last = view.byteLength - END_RECORD_BYTES;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) === END_OF_DIRECTORY) return at;
  }
  return null;
}
