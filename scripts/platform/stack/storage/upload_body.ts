import { Busboy } from "@fastify/busboy";
import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { aborted, Fault, invalidRequest, tooLarge } from "./faults.ts";

/** A file received in full: its bytes on disk, and what the request said about it. */
export interface ReceivedFile {
  /** Bytes. */
  size: number;
  contentType: string;
  cacheControl: string;
  userMetadata: Record<string, unknown> | null;
}

/** Bytes that the form's text fields may have. */
const MAX_FIELD_BYTES = 2 ** 20;

/**
 * Bytes that a form may have beside its file: fields, part headers, boundaries.
 */
const MAX_FORM_OVERHEAD = 4 * MAX_FIELD_BYTES;

/**
 * Writes the request's file to `path` while it arrives and counts the bytes that arrive, whatever the headers announce.
 * The file is the whole body, or the first file of a form. Throws when it is larger than `limit` bytes; the caller
 * removes the file.
 */
export function receiveFile(
  request: Request,
  path: string,
  limit: number,
): Promise<ReceivedFile> {
  const type = request.headers.get("content-type") ?? "";
  return type.toLowerCase().startsWith("multipart/form-data")
    ? receiveForm(request, path, limit)
    : receiveRaw(request, path, limit);
}

async function receiveRaw(
  request: Request,
  path: string,
  limit: number,
): Promise<ReceivedFile> {
  const { headers } = request;
  const userMetadata = parseMetadata(
    Buffer.from(headers.get("x-metadata") ?? "", "base64").toString(),
  );

  await writeTo(path, chunksOf(request, limit));

  return {
    size: (await Deno.stat(path)).size,
    contentType: headers.get("content-type") || "application/octet-stream",
    cacheControl: headers.get("cache-control") ?? "no-cache",
    userMetadata,
  };
}

interface PartOnItsWay {
  contentType: string;
  stream: Readable;
  /** Settles when the bytes are on disk. */
  written: Promise<void>;
}

/** `storage-js` names its file part `""`, which `Request.formData()` drops; and it would hold the file in memory. */
async function receiveForm(
  request: Request,
  path: string,
  limit: number,
): Promise<ReceivedFile> {
  const form = formParser(request.headers.get("content-type")!, limit);
  const fields = new Map<string, string>();
  let file: PartOnItsWay | undefined;

  form.on("field", (name, value) => fields.set(name, value));
  form.on("file", (_name, stream, _fileName, _encoding, contentType) => {
    stream.on("limit", () => form.destroy(tooLarge()));
    // This event may come before the part is read; without a listener it would end the process.
    stream.on("error", (error) => form.destroy(error));
    const written = writeTo(path, stream);
    written.catch((error) => form.destroy(error));
    file = { contentType, stream, written };
  });

  try {
    await pipeline(chunksOf(request, limit + MAX_FORM_OVERHEAD), form);
    await file?.written;
  } catch (error) {
    // The parser does not end the part that it was reading; and the file must be closed before it can be removed.
    file?.stream.destroy();
    await file?.written.catch(() => {});
    if (error instanceof Fault || isSystemError(error)) throw error;
    throw invalidRequest("The form could not be read", error);
  }
  if (!file) throw invalidRequest("No content provided");

  const cacheSeconds = fields.get("cacheControl");
  return {
    size: (await Deno.stat(path)).size,
    contentType: fields.get("contentType") || file.contentType,
    cacheControl: cacheSeconds ? `max-age=${cacheSeconds}` : "no-cache",
    userMetadata: parseMetadata(
      fields.get("metadata") ?? fields.get("userMetadata") ?? "",
    ),
  };
}

async function writeTo(path: string, chunks: AsyncIterable<Uint8Array>) {
  const file = await Deno.open(path, { write: true, createNew: true });
  await ReadableStream.from(chunks).pipeTo(file.writable);
}

/** `ENOSPC`, say: nothing that the form could help. */
function isSystemError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code);
}

function formParser(contentType: string, limit: number) {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      isPartAFile: (_name, _type, fileName) => fileName !== undefined,
      limits: {
        files: 1,
        fileSize: limit,
        fields: 20,
        fieldSize: MAX_FIELD_BYTES,
      },
    });
  } catch (error) {
    throw invalidRequest("The form could not be read", error);
  }
}

/** The body as it arrives. Throws after `limit` bytes, or when the client disconnects. */
async function* chunksOf(
  request: Request,
  limit: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.length;
      if (size > limit) throw tooLarge();
      yield chunk;
    }
  } catch (error) {
    throw error instanceof Fault ? error : aborted(error);
  }
}

/** The client's own metadata: a JSON object, or empty text. */
export function parseMetadata(text: string): Record<string, unknown> | null {
  if (text === "") return null;
  try {
    const value = JSON.parse(text);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      return value;
    }
  } catch (error) {
    throw invalidRequest("The metadata is not JSON", error);
  }
  throw invalidRequest("The metadata is not a JSON object");
}
