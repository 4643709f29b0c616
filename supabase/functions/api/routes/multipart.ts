import { Buffer } from "node:buffer";
import { HttpError } from "../../_shared/errors.ts";

/** A file of a form; its bytes are a part of the body, not a copy. */
export interface FormFile {
  name: string;
  /** The name that the sender gave. */
  type: string;
  bytes: Uint8Array;
}

/**
 * A part of a form. Null: a field whose text is longer than any field's may be.
 */
export type FormEntry = [name: string, value: string | FormFile | null];

/** Longer contents belong to files. */
const MOST_FIELD_BYTES = 16 * 1024;
const MOST_HEADER_BYTES = 16 * 1024;
const HEADERS_END = "\r\n\r\n";
const [DASH, LF] = [0x2d, 0x0a];
/** More parts than any accepted form has; each takes memory. */
const MOST_PARTS = 200;

/** The offsets at which a part's headers begin, its content begins, and its content ends. */
interface Part {
  from: number;
  content: number;
  until: number;
}

/**
 * A form, with everything that was sent in it. The platform's parser reads the names of the parts; it gets the form
 * without large contents, which it would copy twice. Parts that it drops, those without a name or a proper end, are
 * noticed.
 * @throws {HttpError} 400 `invalid_form`
 */
export async function readForm(
  body: Uint8Array,
  contentType: string,
): Promise<FormEntry[]> {
  const delimiter = delimiterOf(contentType);
  if (delimiter === null) throw unreadable();
  const parts = partsOf(body, delimiter);
  const form = await new Response(outlineOf(body, parts, delimiter), {
    headers: { "content-type": contentType },
  }).formData().catch((cause) => {
    throw unreadable(cause);
  });
  const entries = [...form];
  if (entries.length < parts.length) {
    throw invalidForm(
      "A part of the form has no name. Name each: `file` for a file.",
    );
  }
  // The platform's parser took something for a delimiter that is none.
  if (entries.length > parts.length) throw unreadable();
  return entries.map(([name, value], n) => {
    const { content, until } = parts[n];
    if (value instanceof File) {
      const bytes = body.subarray(content, until);
      return [name, { name: value.name, type: value.type, bytes }];
    }
    return [name, isLarge(parts[n]) ? null : value];
  });
}

const isLarge = ({ content, until }: Part) => until - content > MOST_FIELD_BYTES;

function delimiterOf(contentType: string): string | null {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  return boundary === undefined ? null : `--${boundary}`;
}

/** The parts of the body, up to its last delimiter (RFC 2046, 5.1.1), in one pass over the bytes. */
function partsOf(body: Uint8Array, delimiter: string): Part[] {
  const mark = new TextEncoder().encode(delimiter);
  const parts: Part[] = [];
  let from = -1;
  for (let at = 0; at < body.length; at++) {
    // A delimiter begins its line; only the final one's dashes and white space may follow it there.
    if (body[at] !== DASH || (at > 0 && body[at - 1] !== LF)) continue;
    if (!isAt(body, at, mark)) continue;
    const end = at + mark.length;
    const after = String.fromCharCode(...body.subarray(end, end + 2));
    if (!/^(--|[ \t\r\n])/.test(after)) continue;
    if (from !== -1) parts.push(partOf(body, from, at));
    if (after === "--") return parts;
    if (parts.length === MOST_PARTS) {
      throw invalidForm(`A form may have ${MOST_PARTS} parts.`);
    }
    from = end;
  }
  throw invalidForm(
    "The multipart body is incomplete. Send it again.",
  );
}

function isAt(body: Uint8Array, at: number, mark: Uint8Array): boolean {
  for (let n = 0; n < mark.length; n++) {
    if (body[at + n] !== mark[n]) return false;
  }
  return true;
}

function partOf(body: Uint8Array, from: number, delimiter: number): Part {
  // The line break before a delimiter belongs to the delimiter.
  const until = delimiter - (body[delimiter - 2] === 0x0d ? 2 : 1);
  const start = body.subarray(from, Math.min(until, from + MOST_HEADER_BYTES));
  const headers = Buffer.from(start).indexOf(HEADERS_END);
  // A part with headers only: the line break that ends them belongs to the delimiter, too.
  if (headers === -1 && until - from > MOST_HEADER_BYTES) throw unreadable();
  const content = headers === -1 ? until : from + headers + HEADERS_END.length;
  return { from, content, until };
}

/** The body without its large contents. */
function outlineOf(
  body: Uint8Array,
  parts: Part[],
  delimiter: string,
): Uint8Array<ArrayBuffer> {
  const pieces = parts.flatMap((part) => [
    Buffer.from(delimiter),
    body.subarray(part.from, isLarge(part) ? part.content : part.until),
    Buffer.from("\r\n"),
  ]);
  return new Uint8Array(
    Buffer.concat([...pieces, Buffer.from(`${delimiter}--\r\n`)]),
  );
}

function unreadable(cause?: unknown): HttpError {
  return invalidForm("The multipart body cannot be read.", cause);
}

function invalidForm(message: string, cause?: unknown): HttpError {
  return new HttpError("invalid_form", { message, cause });
}
