import { Buffer } from "node:buffer";
import { z } from "zod";
import { HttpError } from "../../_shared/errors.ts";
import { DOCUMENT_ORDERS, type DocumentOrder, type Place } from "../queries/documents.ts";

/** The end of a page, and the list's order. Opaque to callers. */
export interface Cursor {
  sort: DocumentOrder;
  descending: boolean;
  after: Place;
}

const instant = z.iso.datetime({ precision: 6 })
  .refine((text) => text >= "1970", "must be after 1970");
const filename = z.string().max(2000).refine((text) => !text.includes("\0") && text.isWellFormed());
const contents = z.tuple([
  z.enum(DOCUMENT_ORDERS),
  z.boolean(),
  z.string(),
  z.guid(),
]).refine(([sort, , value]) => (sort === "filename" ? filename : instant).safeParse(value).success);

export function writeCursor({ sort, descending, after }: Cursor): string {
  const text = JSON.stringify([
    sort,
    descending,
    after.value,
    after.documentId,
  ]);
  return Buffer.from(text).toString("base64url");
}

/** @throws {HttpError} 422 `invalid_cursor` for anything that `writeCursor` did not write */
export function readCursor(word: string): Cursor {
  try {
    const [sort, descending, value, documentId] = contents.parse(
      JSON.parse(Buffer.from(word, "base64url").toString()),
    );
    return { sort, descending, after: { value, documentId } };
  } catch {
    throw invalidCursor();
  }
}

export function invalidCursor(): HttpError {
  return new HttpError("invalid_cursor");
}
