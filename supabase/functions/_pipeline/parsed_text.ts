import { sha256Hex } from "../_shared/hash.ts";
import type { Storage } from "../_shared/storage.ts";
import { type Job, reject, type Settlement } from "./stage.ts";

/**
 * Stores a document's text for the stages that follow, and settles with it: `done` if LlamaParse read it, `parsed` if it
 * was text already. Without any text the document is rejected.
 */
export async function storeParsed(
  storage: Storage,
  job: Job,
  { markdown, pageStarts }: { markdown: string; pageStarts: number[] },
  outcome: "done" | "parsed",
): Promise<Settlement> {
  if (markdown.trim() === "") {
    return reject("EMPTY_DOCUMENT", "the document has no text");
  }
  // Written before the transaction that makes it known; a second attempt writes the same bytes again.
  const path = `user/${job.userId}/parsed/${job.documentId}.md`;
  await storage.put(path, new TextEncoder().encode(markdown), "text/markdown");
  return {
    outcome,
    output: {
      parsed_path: path,
      parsed_sha256: await sha256Hex(markdown),
      page_starts: pageStarts,
    },
  };
}
