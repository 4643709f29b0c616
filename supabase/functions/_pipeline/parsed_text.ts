import { sha256Hex } from "../_shared/hash.ts";
import type { Storage } from "../_shared/storage.ts";
import { type Job, reject, type Settlement } from "./stage.ts";

/**
 * Stores a document's text for the stages that follow, and settles with it: `done` if LlamaParse read it, `parsed` if it
 * was text already. Without any text, or with more than can be worked on, the document is rejected.
 */
export async function storeParsed(
  storage: Storage,
  job: Job,
  { markdown, pageStarts, maxTextBytes }: {
    markdown: string;
    pageStarts: number[];
    maxTextBytes: number;
  },
  outcome: "done" | "parsed",
): Promise<Settlement> {
  if (markdown.trim() === "") {
    return reject("EMPTY_DOCUMENT", "the document has no text");
  }
  const bytes = new TextEncoder().encode(markdown);
  if (bytes.length > maxTextBytes) {
    return reject(
      "TEXT_TOO_LONG",
      `the document's text is longer than ${maxTextBytes} bytes; split it`,
    );
  }
  // Written before the transaction that makes it known; a second attempt writes the same bytes again.
  const path = `user/${job.userId}/parsed/${job.documentId}.md`;
  await storage.put(path, bytes, "text/markdown");
  return {
    outcome,
    output: {
      parsed_path: path,
      parsed_sha256: await sha256Hex(markdown),
      page_starts: pageStarts,
    },
  };
}
