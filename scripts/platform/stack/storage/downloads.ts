import type { Bytes } from "./bytes.ts";
import type { StoredObject } from "./objects.ts";

/** How an object is answered beyond what its row says. */
export interface DownloadOptions {
  /** A file name for the browser to save under, or empty to save under the URL's; null to show it. */
  download: string | null;
  /**
   * When a signed URL ends; takes the place of the object's own cache control.
   */
  expires?: Date;
}

/** The object's bytes, or the range or nothing that the request asked for. Throws `NoSuchKey` where there are none. */
export async function answerWithObject(
  request: Request,
  bytes: Bytes,
  object: StoredObject,
  options: DownloadOptions,
): Promise<Response> {
  // Once open, the bytes stay readable to the end even when the object is overwritten or removed meanwhile.
  const file = await bytes.open(object.version);
  const { size } = await file.stat();
  const headers = headersOf(object, options);

  if (request.headers.get("if-none-match") === headers.get("etag")) {
    file.close();
    return new Response(null, { status: 304, headers });
  }

  const range = readRange(request.headers.get("range"), size);
  if (range === "unsatisfiable") {
    file.close();
    headers.set("content-range", `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }

  const { start, end } = range ?? { start: 0, end: size };
  headers.set("content-length", String(end - start));
  if (range) headers.set("content-range", `bytes ${start}-${end - 1}/${size}`);
  const status = range ? 206 : 200;
  if (request.method === "HEAD" || end === start) {
    file.close();
    return new Response(null, { status, headers });
  }
  await file.seek(start, Deno.SeekMode.Start);
  return new Response(file.readable.pipeThrough(firstBytes(end - start)), {
    status,
    headers,
  });
}

function headersOf(object: StoredObject, options: DownloadOptions): Headers {
  const { metadata } = object;
  const type = metadata?.mimetype ?? "application/octet-stream";
  const headers = new Headers({
    "accept-ranges": "bytes",
    // Stored pages must not run with the project's origin; hosted Storage does the same.
    "content-type": type.includes("text/html") ? "text/plain" : type,
    "etag": metadata?.eTag ?? `"${object.version}"`,
    "last-modified": object.updated_at.toUTCString(),
  });
  if (options.expires) headers.set("expires", options.expires.toUTCString());
  else headers.set("cache-control", metadata?.cacheControl ?? "no-cache");

  if (options.download === "") {
    headers.set("content-disposition", "attachment;");
  } else if (options.download !== null) {
    const name = encodeURIComponent(options.download);
    headers.set(
      "content-disposition",
      `attachment; filename=${name}; filename*=UTF-8''${name};`,
    );
  }
  return headers;
}

/** A half-open range of byte positions. */
interface ByteRange {
  start: number;
  end: number;
}

/** One range of bytes (RFC 9110, 14.1.2); several ranges, or another unit, are ignored as the RFC permits. */
export function readRange(
  header: string | null,
  size: number,
): ByteRange | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;

  if (match[1] === "") {
    const last = Number(match[2]);
    if (last === 0 || size === 0) return "unsatisfiable";
    return { start: Math.max(0, size - last), end: size };
  }
  const start = Number(match[1]);
  const end = match[2] === "" ? size : Math.min(Number(match[2]) + 1, size);
  if (match[2] !== "" && Number(match[2]) < start) return null;
  return start >= size ? "unsatisfiable" : { start, end };
}

function firstBytes(
  count: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = count;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
      if (left === 0) controller.terminate();
    },
  });
}
