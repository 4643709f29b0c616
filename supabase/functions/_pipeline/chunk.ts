import {
  chunkDocument,
  chunkerName,
  chunkerVersion,
} from "../_chunker/chunk_document.ts";
import type { Storage } from "../_shared/storage.ts";
import { embeddingModel } from "../_shared/openai.ts";
import { countTokens } from "../_shared/tokens.ts";
import { done, reject, type Stage } from "./stage.ts";

/** Enough for a few paragraphs on one subject, and far below what the embedding model takes (8,191). */
const MAX_TOKENS = 512;

export interface ChunkDeps {
  storage: Storage;
}

/** parse_validated → chunking → chunks_stored: cut the parsed Markdown into ordered, token-bounded chunks. */
export function createChunk({ storage }: ChunkDeps): Stage {
  return {
    name: "chunk",

    async run(job) {
      const bytes = job.parsedPath && await storage.get(job.parsedPath);
      if (!bytes) {
        return reject(
          "PARSED_TEXT_MISSING",
          "the parsed text is no longer there; upload the document again",
        );
      }

      const { chunks } = chunkDocument(new TextDecoder().decode(bytes), {
        pageStarts: job.pageStarts,
        isMarkdown: true,
        maxTokens: MAX_TOKENS,
        countTokens,
      });
      if (chunks.length === 0) {
        return reject("EMPTY_DOCUMENT", "the document has no text");
      }

      // Replaces, so that a redelivered message leaves the same rows.
      return done({
        chunker_name: chunkerName,
        chunker_version: chunkerVersion,
        // Texts that this model has embedded already keep their vectors.
        embed_model: embeddingModel,
        chunks: chunks.map(({ ord, pageFrom, headingPath, text, tokens }) => ({
          ord,
          page: pageFrom,
          heading_path: headingPath,
          text,
          tokens,
        })),
      });
    },
  };
}
