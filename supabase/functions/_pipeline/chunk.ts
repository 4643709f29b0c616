import type { Storage } from "../_shared/storage.ts";
import { countTokens } from "../_shared/tokens.ts";
import type { Chunks } from "./chunks.ts";
import type { Leases } from "./leases.ts";
import { chunkerName, chunkerVersion, splitMarkdown } from "./markdown.ts";
import { done, rejected, type Stage } from "./stage.ts";

/** Enough for a few paragraphs on one subject, and far below what the embedding model takes (8,191). */
const MAX_TOKENS = 512;

export interface ChunkDeps {
  storage: Storage;
  chunks: Chunks;
  leases: Leases;
}

/** parse_validated → chunking → chunks_stored: cut the parsed Markdown into ordered, token-bounded chunks. */
export function createChunk({ storage, chunks, leases }: ChunkDeps): Stage {
  return {
    name: "chunk",

    async run(job) {
      const bytes = job.parsedPath && await storage.get(job.parsedPath);
      if (!bytes) {
        return rejected("PARSED_TEXT_MISSING", () =>
          leases.reject(
            job.lease,
            "PARSED_TEXT_MISSING",
            "the parsed text is no longer there; upload the document again",
          ));
      }

      const pieces = splitMarkdown(new TextDecoder().decode(bytes), {
        pageStarts: job.pageStarts,
        maxTokens: MAX_TOKENS,
        countTokens,
      });
      if (pieces.length === 0) {
        return rejected("EMPTY_DOCUMENT", () =>
          leases.reject(
            job.lease,
            "EMPTY_DOCUMENT",
            "the document has no text",
          ));
      }

      // Replaces, so that a redelivered message leaves the same rows.
      const chunker = { name: chunkerName, version: chunkerVersion };
      return done(() => chunks.finishChunk(job.lease, chunker, pieces));
    },
  };
}
