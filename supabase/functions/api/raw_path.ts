import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { FILE_TYPES } from "../_inspect/file_types.ts";

/** The namespace of documents' ids. */
const NAMESPACE = Buffer.from("6c8a1e6e1f0b4aa89f0a1a7c2e6f2b42", "hex");

/**
 * The path of a new document's bytes, computed before registration. `register_upload` decides: an existing document may
 * have another extension.
 */
export function expectedRawPath(
  userId: string,
  { sha256, mime }: { sha256: string; mime: string },
): string {
  const extension = FILE_TYPES.find((type) => type.mime === mime)?.extension ??
    "bin";
  return `user/${userId}/raw/${documentId(userId, sha256)}.${extension}`;
}

/** A UUIDv5 (RFC 9562, 5.5). */
function documentId(userId: string, sha256: string): string {
  const bytes = createHash("sha1").update(NAMESPACE)
    .update(`${userId}:${sha256}`).digest().subarray(0, 16);
  bytes[6] = bytes[6] & 0x0f | 0x50;
  bytes[8] = bytes[8] & 0x3f | 0x80;
  return bytes.toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
