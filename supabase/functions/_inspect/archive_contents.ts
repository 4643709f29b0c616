import { LARGEST_INNER_BYTES, type UnpackBudget, UnpacksTooLarge } from "./unpack_budget.ts";
import { readDirectory, type ZipEntry } from "./zip_directory.ts";

const STORED = 0;
const DEFLATED = 8;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;

/** The deepest nesting of archives, such as a workbook in a report in an appendix. */
const MOST_LEVELS = 3;

/** The archive contradicts itself, as one does that is made to mislead its readers. */
export class BrokenArchive extends Error {
  override name = "BrokenArchive";
}

/**
 * Unpacks everything in a ZIP archive, and in the archives that it contains, for the budget to count. The sizes that
 * entries state are not trusted. Entries must not overlap: overlapping entries unpack a few bytes many times over (D.
 * Fifield, A better zip bomb, WOOT 2019).
 * @throws {UnpacksTooLarge}
 * @throws {BrokenArchive}
 */
export function inspectArchive(
  bytes: Uint8Array,
  budget: UnpackBudget,
  level = 1,
): void {
  if (level > MOST_LEVELS) throw new UnpacksTooLarge();
  const directory = readDirectory(bytes);
  if (!directory) throw new BrokenArchive("its directory cannot be read");
  budget.spendParts(directory.entries.length);

  let end = 0;
  const entries = directory.entries.toSorted((a, b) => a.at - b.at);
  for (const entry of entries) {
    if (entry.at < end) throw new BrokenArchive("its parts overlap");
    const data = dataOf(bytes, entry);
    end = data.byteOffset - bytes.byteOffset + data.length;
    if (end > directory.at) throw new BrokenArchive("its parts overlap");

    const content = unpack(data, entry, budget);
    if (isArchive(content)) {
      if (content.length > LARGEST_INNER_BYTES) throw new UnpacksTooLarge();
      inspectArchive(content, budget, level + 1);
    }
  }
}

/**
 * The entry's own bytes, after the header that precedes them. (APPNOTE 4.3.7)
 */
function dataOf(bytes: Uint8Array, entry: ZipEntry): Uint8Array {
  const { at, packedBytes } = entry;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (
    at + LOCAL_HEADER_BYTES > bytes.length ||
    view.getUint32(at, true) !== LOCAL_HEADER
  ) {
    throw new BrokenArchive("a part is not where the directory says");
  }
  const from = at + LOCAL_HEADER_BYTES + view.getUint16(at + 26, true) +
    view.getUint16(at + 28, true);
  if (from + packedBytes > bytes.length) {
    throw new BrokenArchive("a part is cut off");
  }
  return bytes.subarray(from, from + packedBytes);
}

/** The beginning of an entry's content, or all of it if it is an archive itself; all of it is counted. */
function unpack(
  data: Uint8Array,
  { method }: ZipEntry,
  budget: UnpackBudget,
): Uint8Array {
  switch (method) {
    case STORED:
      budget.spend(data.length);
      return data;
    case DEFLATED:
      return budget.inflate(
        data,
        "raw",
        (head) => isArchive(head) ? LARGEST_INNER_BYTES + 1 : 0,
      );
    default:
      throw new BrokenArchive("a part uses an unsupported compression");
  }
}

function isArchive(content: Uint8Array): boolean {
  return content[0] === 0x50 && content[1] === 0x4b && content[2] === 3 &&
    content[3] === 4;
}
