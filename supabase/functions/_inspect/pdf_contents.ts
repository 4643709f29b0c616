import { hasName, isName } from "./pdf_lexer.ts";
import { OBJECT_BYTES, PageTree } from "./pdf_page_tree.ts";
import { isZlib, type UnpackBudget } from "./unpack_budget.ts";

/** How far before a stream its dictionary is searched, in bytes. */
const DICTIONARY_BYTES = 1024;

const SLASH = 0x2f;
const SPACE = 0x20;
const [CR, LF] = [0x0d, 0x0a];
const STREAM = new TextEncoder().encode("stream");

/**
 * Unpacks everything deflated in a PDF, for the budget to count, and reads the
 * number of pages that the PDF states.
 *
 * It reads less than a PDF reader would, on purpose. A stream counts as
 * deflated by its own first bytes, not by its dictionary, which can name the
 * filter in countless ways. Streams that are text-encoded first (ASCII85,
 * hexadecimal) or compressed by LZW are not unpacked, and pages that a damaged
 * or contrived tree hides are left to the parser to count.
 * ISO 32000-1, 7.3.8 (streams), 7.5.7 (object streams), 7.7.3 (page tree)
 * @returns `/Count` of the page tree's root; null if none could be read
 * @throws {UnpacksTooLarge}
 */
export function inspectPdf(
  bytes: Uint8Array,
  budget: UnpackBudget,
): { pageCount: number | null } {
  const tree = new PageTree();
  // One pass, whatever the bytes are: a search for each word would start again after every hit.
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === SLASH) {
      if (isName(bytes, at, "Pages")) tree.readAround(bytes, at);
    } else if (byte === STREAM[0] && isStream(bytes, at)) {
      const start = startOfData(bytes, at + STREAM.length);
      if (isZlib(bytes, start)) inspectStream(bytes, at, start, tree, budget);
    }
  }
  return { pageCount: tree.pageCount };
}

function inspectStream(
  bytes: Uint8Array,
  keyword: number,
  start: number,
  tree: PageTree,
  budget: UnpackBudget,
): void {
  budget.spendParts(1);
  const from = Math.max(0, keyword - DICTIONARY_BYTES);
  const holdsObjects = hasName(bytes.subarray(from, keyword), "ObjStm");
  const keep = () => holdsObjects ? OBJECT_BYTES : 0;
  const objects = budget.inflate(bytes.subarray(start), "zlib", keep);
  tree.readStream(objects);
}

function isStream(bytes: Uint8Array, at: number): boolean {
  for (let n = 1; n < STREAM.length; n++) {
    if (bytes[at + n] !== STREAM[n]) return false;
  }
  return true;
}

/** CR LF or LF follows the keyword; readers tolerate spaces and a lone CR. */
function startOfData(bytes: Uint8Array, at: number): number {
  while (bytes[at] === SPACE || bytes[at] === CR) at++;
  return bytes[at] === LF ? at + 1 : at;
}
