import { Buffer } from "node:buffer";
import { isZlib, type UnpackBudget } from "./unpack_budget.ts";

/** How much of a file is read for its page tree, of one object and altogether, in bytes. */
const OBJECT_BYTES = 256 * 1024;
const READ_BYTES = 1024 * 1024;
/** How far before a stream its dictionary is looked for, in bytes. */
const DICTIONARY_BYTES = 1024;
/** Dictionaries within a node of the page tree: resources, fonts and what those hold. */
const MOST_LEVELS = 8;

/**
 * Unpacks whatever is deflated in a PDF, for the budget to count, and reads how many pages it says that it has.
 *
 * It reads less than a PDF reader would, on purpose. A stream is taken for deflated by its own first bytes, not by its
 * dictionary, which can name the filter in ways without number. What is encoded as text first (ASCII85, hexadecimal) or
 * packed by LZW is not looked into, and pages that a damaged or contrived tree hides are for the parser to count.
 * ISO 32000-1, 7.3.8 (streams), 7.5.7 (object streams), 7.7.3 (page tree)
 * @returns `/Count` of the page tree's root; null if none could be read
 * @throws {UnpacksTooLarge}
 */
export async function inspectPdf(
  bytes: Uint8Array,
  budget: UnpackBudget,
): Promise<{ pageCount: number | null }> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tree = new PageTree();
  for (const at of places(file, "/Pages")) {
    if (!tree.read(objectAround(file, at))) break;
  }

  for (const at of places(file, "stream")) {
    const data = file.subarray(startOfData(file, at + "stream".length));
    if (!isZlib(data)) continue;
    const dictionary = file.subarray(Math.max(0, at - DICTIONARY_BYTES), at);
    const keep = dictionary.includes("/ObjStm") ? OBJECT_BYTES : 0;
    const { kept } = await budget.inflate(data, { keep });
    const objects = Buffer.from(kept);
    if (objects.includes("/Pages")) tree.read(objects);
  }
  return { pageCount: tree.pageCount };
}

function* places(file: Buffer, word: string): Generator<number> {
  for (let at = -1; (at = file.indexOf(word, at + 1)) !== -1;) yield at;
}

/** The keyword is followed by CR LF or LF; readers forgive spaces and a lone CR. */
function startOfData(file: Buffer, at: number): number {
  while (file[at] === 0x20 || file[at] === 0x0d) at++;
  return file[at] === 0x0a ? at + 1 : at;
}

function objectAround(file: Buffer, at: number): Buffer {
  const from = Math.max(0, at - OBJECT_BYTES, file.lastIndexOf("obj", at));
  const end = file.indexOf("endobj", at);
  const until = Math.min(end === -1 ? file.length : end, at + OBJECT_BYTES);
  return file.subarray(from, until);
}

/** What the objects of a file say about its pages. */
class PageTree {
  /** Of the root that was read last: an amended file holds its earlier trees too. */
  pageCount: number | null = null;
  #unread = READ_BYTES;

  /** @returns false, having read nothing, once enough has been read */
  read(objects: Buffer): boolean {
    if ((this.#unread -= objects.length) < 0) return false;
    // Strings in hexadecimal would be taken for the marks of dictionaries.
    let text = objects.toString("latin1").replace(
      /<[\dA-Fa-f\s]*[\dA-Fa-f]>/g,
      "",
    );
    for (
      let level = 0;
      level < MOST_LEVELS && text.includes("/Pages");
      level++
    ) {
      text = text.replace(/<<([^<>]*)>>/g, (_, dictionary) => {
        this.#readNode(dictionary);
        return "";
      });
    }
    return true;
  }

  #readNode(dictionary: string): void {
    if (!/\/Type\s*\/Pages\b/.test(dictionary)) return;
    if (/\/Parent\b/.test(dictionary)) return;
    const count = /\/Count\s+(\d{1,15})\b/.exec(dictionary)?.[1];
    if (count !== undefined) this.pageCount = Number(count);
  }
}
