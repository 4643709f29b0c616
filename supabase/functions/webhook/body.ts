import type { AppContext } from "../_shared/app_context.ts";

/**
 * The request's whole body, or null as soon as it exceeds `maxBytes`. Nothing is read after the chunk that exceeds the
 * limit, whatever `Content-Length` says.
 */
export async function readBody(
  { req }: AppContext,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  // A small body is being read already (`bodyDeadline`).
  if (req.raw.bodyUsed) return new Uint8Array(await req.arrayBuffer());

  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of req.raw.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream.
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  // Nearly always one chunk, which is returned without a copy.
  if (chunks.length === 1) return chunks[0];
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
