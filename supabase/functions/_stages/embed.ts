import type { Budget } from "../_engine/budget.ts";
import { embedCharge } from "../_engine/charges.ts";
import { done, type Stage } from "../_engine/stage.ts";
import { batches, type Embedder } from "../_providers/openai.ts";
import { embeddingModel } from "../_shared/embedding_model.ts";
import type { Chunks } from "./chunks.ts";
import { toHalfVectorLiteral } from "./half_vector.ts";

/** Well below OpenAI's 2,048 inputs and 300,000 tokens, so that a batch's vectors stay small in memory. */
const BATCH = { maxInputs: 128, maxTokens: 60_000 };
/** Chunks that one attempt embeds before a new invocation continues with its own 2 s of CPU time. */
const CHUNKS_PER_ATTEMPT = 512;

export interface EmbedDeps {
  embedder: Embedder;
  chunks: Chunks;
  /** OpenAI's. */
  budget: Budget;
}

/** embedding_queued → embedding_in_progress → complete: a vector for every chunk that has none. */
export function createEmbed({ embedder, chunks, budget }: EmbedDeps): Stage {
  return {
    name: "embed",

    async run(job, signal, charges) {
      const missing = await chunks.unembedded(
        job.documentId,
        CHUNKS_PER_ATTEMPT + 1,
      );
      const portion = missing.slice(0, CHUNKS_PER_ATTEMPT);

      for (const batch of batches(portion, BATCH)) {
        signal.throwIfAborted();
        await budget.reserve(1, sum(batch.map((chunk) => chunk.tokens)));
        const charge = embedCharge(job, embeddingModel, charges.length);
        charges.push(charge);
        const { vectors } = await embedder.embed(
          batch.map((chunk) => chunk.text),
          signal,
          (tokens) => charge.quantity += tokens,
        );
        const embedded = batch.map((chunk, i) => ({
          chunkId: chunk.chunkId,
          vector: toHalfVectorLiteral(vectors[i]),
        }));
        // Stored batch by batch: a retry pays only for the missing vectors.
        if (
          !await chunks.storeEmbeddings(
            job.lease,
            embeddingModel,
            embedded,
            charge,
          )
        ) return "lost";
      }
      return missing.length > portion.length ? "continue" : done();
    },
  };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
