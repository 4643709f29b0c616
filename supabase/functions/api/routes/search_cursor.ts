import { Buffer } from "node:buffer";
import { z } from "zod";
import { HttpError } from "../../_shared/errors.ts";
import { sha256Hex } from "../../_shared/hash.ts";
import type { SearchMode, SearchPlace } from "../queries/search.ts";

/** Where a page of a search ended. Callers see it as one opaque word. */
export interface SearchCursor {
  /** Of the request that the cursor continues. */
  fingerprint: string;
  /** How the pages before were searched: scores of another mode cannot be compared with theirs. */
  mode: SearchMode;
  after: SearchPlace;
}

const contents = z.tuple([
  z.string().regex(/^[0-9a-f]{32}$/),
  z.enum(["hybrid", "vector", "text"]),
  z.number(),
  z.guid(),
]);

/** What is the same for a request and those that continue it, and differs for all others and other users. */
export async function fingerprintOf(
  userId: string,
  request: Record<string, unknown>,
): Promise<string> {
  const fields = Object.entries(request).filter(([, value]) =>
    value !== undefined
  ).sort(([one], [other]) => one < other ? -1 : 1);
  return (await sha256Hex(JSON.stringify([userId, fields]))).slice(0, 32);
}

export function writeSearchCursor(
  { fingerprint, mode, after }: SearchCursor,
): string {
  const text = JSON.stringify([
    fingerprint,
    mode,
    after.score,
    after.chunk_id,
  ]);
  return Buffer.from(text).toString("base64url");
}

/** @throws {HttpError} 422 `invalid_cursor` for what `writeSearchCursor` did not write, or wrote for another request */
export function readSearchCursor(
  word: string,
  fingerprint: string,
  mode: SearchMode,
): SearchCursor {
  const cursor = parse(word);
  const isOfMode = cursor?.mode === mode ||
    // Its first page was searched by words alone, for want of a vector.
    (cursor?.mode === "text" && mode === "hybrid");
  if (!cursor || (cursor.fingerprint === fingerprint && !isOfMode)) {
    throw invalidCursor(
      "is not one that a search has given; start without one",
    );
  }
  if (cursor.fingerprint !== fingerprint) {
    throw invalidCursor(
      "continues another search; send the request that it came with, with nothing changed but the cursor",
    );
  }
  return cursor;
}

function parse(word: string): SearchCursor | null {
  try {
    const [fingerprint, mode, score, chunk_id] = contents.parse(
      JSON.parse(Buffer.from(word, "base64url").toString()),
    );
    return { fingerprint, mode, after: { score, chunk_id } };
  } catch {
    return null;
  }
}

function invalidCursor(message: string): HttpError {
  return new HttpError(422, "invalid_cursor", `cursor: ${message}`, {
    details: [{ path: "cursor", message }],
  });
}
