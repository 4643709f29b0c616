import { Buffer } from "node:buffer";
import { z } from "zod";
import { HttpError } from "../../_shared/errors.ts";
import { sentenceAbout } from "../../_shared/field_names.ts";
import { sha256Hex } from "../../_shared/hash.ts";
import type { SearchMode, SearchPlace } from "../queries/search.ts";

/** The end of a page of a search. Opaque to callers. */
export interface SearchCursor {
  /** The digest of the request that the cursor continues. */
  fingerprint: string;
  /** The mode of the pages before: scores of another mode cannot be compared with theirs. */
  mode: SearchMode;
  after: SearchPlace;
}

const contents = z.tuple([
  z.string().regex(/^[0-9a-f]{32}$/),
  z.enum(["hybrid", "vector", "text"]),
  z.number(),
  z.guid(),
]);

/** Equal for a request and its continuations, and different for all others and for other users. */
export async function fingerprintOf(
  userId: string,
  request: Record<string, unknown>,
): Promise<string> {
  const fields = Object.entries(request).filter(([, value]) => value !== undefined).sort(([one], [other]) =>
    one < other ? -1 : 1
  );
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

/** @throws {HttpError} 422 `invalid_cursor` if `writeSearchCursor` did not write it, or wrote it for another request */
export function readSearchCursor(
  word: string,
  fingerprint: string,
  mode: SearchMode,
): SearchCursor {
  const cursor = parse(word);
  const isOfMode = cursor?.mode === mode ||
    // The first page compared words only, because there was no vector.
    (cursor?.mode === "text" && mode === "hybrid");
  if (!cursor || (cursor.fingerprint === fingerprint && !isOfMode)) {
    throw invalidCursor(
      "is not a cursor of a search; start without one",
    );
  }
  if (cursor.fingerprint !== fingerprint) {
    throw invalidCursor(
      "continues another search; repeat that request unchanged except for the cursor",
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
  return new HttpError("invalid_cursor", {
    message: sentenceAbout(["cursor"], message),
    details: [{ path: "cursor", message }],
  });
}
