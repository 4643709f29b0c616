import { Buffer } from "node:buffer";
import { hasName, isWhite, tokens } from "./pdf_lexer.ts";

/** How many bytes of a file are read for its page tree, of one object and in all. */
export const OBJECT_BYTES = 256 * 1024;
const READ_BYTES = 1024 * 1024;

const OBJECT = Buffer.from("obj");
const END = Buffer.from("endobj");

/** The information about pages in a file's objects, in the order in which they are read. (ISO 32000-1, 7.7.3) */
export class PageTree {
  /** Of the root that was read last: an updated file contains its earlier trees too. */
  pageCount: number | null = null;
  #unread = READ_BYTES;
  #readUntil = 0;

  /** Reads the object at this position, unless it was read already. */
  readAround(file: Uint8Array, at: number): void {
    if (at < this.#readUntil || this.#unread <= 0) return;
    const from = startOfObject(file, at, this.#readUntil);
    const until = endOfObject(file, at);
    this.#readUntil = until;
    this.#read(file.subarray(from, until));
  }

  /** Reads the objects of an object stream, if it mentions pages. */
  readStream(objects: Uint8Array): void {
    if (hasName(objects, "Pages")) this.#read(objects);
  }

  #read(objects: Uint8Array): void {
    this.#unread -= objects.length;
    if (this.#unread < 0) return;
    for (const node of pageTreeNodes(objects)) {
      if (!node.hasParent && node.count !== null) this.pageCount = node.count;
    }
  }
}

function startOfObject(file: Uint8Array, at: number, least: number): number {
  const from = Math.max(least, at - OBJECT_BYTES);
  const before = asBuffer(file.subarray(from, at));
  let start = before.lastIndexOf(OBJECT);
  while (start > 0 && !followsNumber(before, start)) {
    start = before.lastIndexOf(OBJECT, start - 1);
  }
  return from + Math.max(0, start);
}

/** As in `2 0 obj`, unlike in `endobj` or in a sentence. (7.3.10) */
function followsNumber(bytes: Uint8Array, at: number): boolean {
  let last = at - 1;
  while (isWhite(bytes[last])) last--;
  return last < at - 1 && bytes[last] >= 0x30 && bytes[last] <= 0x39;
}

function endOfObject(file: Uint8Array, at: number): number {
  const after = asBuffer(file.subarray(at, at + OBJECT_BYTES));
  const end = after.indexOf(END);
  return at + (end === -1 ? after.length : end);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

interface Node {
  count: number | null;
  hasParent: boolean;
}

/** A dictionary or array that is being read. */
interface Frame extends Node {
  isArray: boolean;
  isPages: boolean;
  /** The key whose value is being read, and how many of the value's words were seen: `5 0 R` is three. */
  key: string;
  values: number;
}

/** The dictionaries of type `Pages`, inner ones first. */
function* pageTreeNodes(objects: Uint8Array): Generator<Node> {
  const frames: Frame[] = [];
  for (const token of tokens(objects)) {
    switch (token) {
      case "<<":
      case "[":
        if (frames.length > 0) seeValue(frames[frames.length - 1], token);
        frames.push(newFrame(token === "["));
        break;
      case "]":
        if (frames.at(-1)?.isArray) frames.pop();
        break;
      case ">>": {
        while (frames.at(-1)?.isArray) frames.pop();
        const closed = frames.pop();
        if (closed?.isPages) yield closed;
        break;
      }
      default:
        if (frames.length > 0) see(frames[frames.length - 1], token);
    }
  }
}

function newFrame(isArray: boolean): Frame {
  return {
    isArray,
    isPages: false,
    count: null,
    hasParent: false,
    key: "",
    values: 0,
  };
}

function see(frame: Frame, token: string): void {
  const isKey = token.startsWith("/") && (frame.key === "" || frame.values > 0);
  if (!isKey) return seeValue(frame, token);
  frame.key = token;
  frame.values = 0;
}

function seeValue(frame: Frame, token: string): void {
  if (frame.isArray) return;
  frame.values++;
  if (frame.values === 1) {
    if (frame.key === "/Type") frame.isPages = token === "/Pages";
    if (frame.key === "/Count") frame.count = wholeNumber(token);
    if (frame.key === "/Parent") frame.hasParent = token !== "null";
  } else if (frame.key === "/Count" && token === "R") {
    // The number is in another object.
    frame.count = null;
  }
}

function wholeNumber(token: string): number | null {
  return /^\+?\d+(\.0*)?$/.test(token) ? Number(token) : null;
}
