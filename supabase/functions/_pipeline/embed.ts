import {
  batches,
  type Embedder,
  embeddingModel,
  toVectorLiteral,
} from "../_shared/openai.ts";
import type { Chunks } from "./chunks.ts";
import { done, lost, type Stage } from "./stage.ts";

/** Chunks fetched at a time: bounds what one task holds in memory. */
const FETCH = 512;
/** Well below OpenAI's 2,048 inputs and 300,000 tokens, so that a batch's vectors stay small in memory and CPU. */
const BATCH = { maxInputs: 128, maxTokens: 60_000 };

export interface EmbedDeps {
  embedder: Embedder;
  chunks: Chunks;
}

/** embedding_queued → embedding_in_progress → complete: a vector for every chunk that has none. */
export function createEmbed({ embedder, chunks }: EmbedDeps): Stage {
  return {
    name: "embed",

    async run(job, signal) {
      for (;;) {
        const missing = await chunks.unembedded(job.documentId, FETCH);
        if (missing.length === 0) break;

        for (const batch of batches(missing, BATCH)) {
          signal.throwIfAborted();
          const { vectors } = await embedder.embed(
            batch.map((chunk) => chunk.text),
            signal,
          );
          const embedded = batch.map((chunk, i) => ({
            chunkId: chunk.chunkId,
            vector: toVectorLiteral(vectors[i]),
          }));
          // Kept batch by batch: a retry pays only for what is missing.
          if (
            !await chunks.storeEmbeddings(job.lease, embeddingModel, embedded)
          ) return lost;
        }
      }
      return done(() => chunks.finishEmbed(job.lease));
    },
  };
}
