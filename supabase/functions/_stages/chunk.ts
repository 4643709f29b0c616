import { failure } from "../_shared/error_codes.ts";
import { type Chunk, chunkDocument, chunkerName, chunkerVersion, type Resume } from "../_chunker/chunk_document.ts";
import { detectLanguage } from "../_chunker/language.ts";
import { countTokens } from "../_chunker/tokens.ts";
import type { Composite } from "../_engine/composite.ts";
import { done, reject, type Stage } from "../_engine/stage.ts";
import { fileType } from "../_inspect/file_types.ts";
import { embeddingModel } from "../_shared/embedding_model.ts";
import type { Storage } from "../_providers/storage.ts";
import type { ChunkOutput, Chunks } from "./chunks.ts";

/** Enough for a few paragraphs on one subject, and far below what the embedding model takes (8,191). */
const MAX_TOKENS = 512;
/** Of the two seconds of CPU time that the platform grants an invocation: the rest is for reading, cleaning and storing. */
const PORTION_MS = 700;

export interface ChunkDeps {
  storage: Storage;
  chunks: Chunks;
  /** How long a portion is worked on, in milliseconds. */
  portionMs?: number;
}

/**
 * parse_validated → chunking → chunks_stored: cut the parsed Markdown into ordered, token-bounded chunks. A long
 * document is cut in portions, each by an invocation of its own; where they end makes no difference to the chunks.
 */
export function createChunk(
  { storage, chunks, portionMs = PORTION_MS }: ChunkDeps,
): Stage {
  return {
    name: "chunk",

    async run(job) {
      const bytes = job.parsedPath && await storage.get(job.parsedPath);
      if (!bytes) {
        return reject(failure("PARSED_TEXT_MISSING"));
      }

      const resume = job.resume as Resume | null;
      const until = performance.now() + portionMs;
      const text = new TextDecoder().decode(bytes);
      const portion = chunkDocument(text, {
        pageStarts: job.pageStarts,
        // What comes from the parser is Markdown, whatever it was before.
        isMarkdown: fileType(job.mime)?.extension !== "txt",
        maxTokens: MAX_TOKENS,
        countTokens,
        resume,
        hasTime: () => performance.now() < until,
      });
      const firstOrd = resume?.ord ?? 0;
      const output: ChunkOutput = {
        chunker_name: chunkerName,
        chunker_version: chunkerVersion,
        // What this model has embedded already keeps its vector.
        embed_model: embeddingModel,
        language: detectLanguage(text),
        title: portion.title ?? null,
        first_ord: firstOrd,
        chunks: portion.chunks.map(toRow),
      };

      if (portion.next) {
        const { next, done, total } = portion;
        return await chunks.store(job.lease, output, { next, done, total }) ? "continue" : "lost";
      }
      if (firstOrd + portion.chunks.length === 0) {
        return reject(failure("EMPTY_DOCUMENT"));
      }
      // Replaces, so that a redelivered message leaves the same rows.
      return done(output);
    },
  };
}

export function toRow(chunk: Chunk) {
  return {
    ord: chunk.ord,
    page_from: chunk.pageFrom,
    page_to: chunk.pageTo,
    page_offsets: chunk.pageOffsets,
    heading_path: chunk.headingPath,
    context: chunk.context,
    text: chunk.text,
    tokens: chunk.tokens,
  } satisfies Composite<"chunk_of_output">;
}
