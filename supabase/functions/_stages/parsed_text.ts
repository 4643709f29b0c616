import type { Composite } from "../_engine/composite.ts";
import { failure } from "../_shared/error_codes.ts";
import { type Job, reject, type Settlement } from "../_engine/stage.ts";
import type { Storage } from "../_providers/storage.ts";
import { sha256Hex } from "../_shared/hash.ts";

type ParsedText = Pick<
  Composite<"fetch_result_output">,
  "parsed_path" | "parsed_sha256" | "page_starts"
>;

/**
 * Stores a document's text for the next stages.
 * @param reading the submission that it comes from, which gets its own file; null if the document was text already
 * @returns what the database records of it, or why the document is rejected: its text is too long
 */
export async function storeParsed(
  storage: Storage,
  job: Job,
  { markdown, pageStarts }: { markdown: string; pageStarts: number[] },
  { reading, maxTextBytes }: { reading: string | null; maxTextBytes: number },
): Promise<{ output: ParsedText } | { rejected: Settlement }> {
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
