import { failure } from "../_shared/error_codes.ts";
import {
  type Job,
  type Output,
  reject,
  type Settlement,
} from "../_engine/stage.ts";
import type { Storage } from "../_providers/storage.ts";
import { sha256Hex } from "../_shared/hash.ts";

/**
 * Stores a document's text for the stages that follow.
 * @param reading the submission that led to it, which gets a file of its own; null if the document was text already
 * @returns what the database is told of it, or why the document is rejected: it has more text than can be worked on
 */
export async function storeParsed(
  storage: Storage,
  job: Job,
  { markdown, pageStarts }: { markdown: string; pageStarts: number[] },
  { reading, maxTextBytes }: { reading: string | null; maxTextBytes: number },
): Promise<{ output: Output } | { rejected: Settlement }> {
  const bytes = new TextEncoder().encode(markdown);
  if (bytes.length > maxTextBytes) {
    return {
      rejected: reject(failure("TEXT_TOO_LONG", { maxTextBytes })),
    };
  }
  // Written before the transaction that makes it known; a second attempt writes the same bytes again.
  const name = reading ? `${job.documentId}.${reading}` : job.documentId;
  const path = `user/${job.userId}/parsed/${name}.md`;
  await storage.put(path, bytes, "text/markdown");
  return {
    output: {
      parsed_path: path,
      parsed_sha256: await sha256Hex(markdown),
      page_starts: pageStarts,
    },
  };
}
