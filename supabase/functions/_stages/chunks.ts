import type postgres from "postgres";
import type { Resume } from "../_chunker/chunk_document.ts";
import type { Charge } from "../_engine/charges.ts";
import { leaseOf } from "../_engine/leases.ts";
import type { Composite } from "../_engine/composite.ts";
import type { Lease } from "../_engine/stage.ts";
import type { Sql } from "../_shared/database.ts";

export type ChunkOutput = Omit<Composite<"chunk_output">, "chunks"> & {
  chunks: Composite<"chunk_of_output">[];
};

/** A chunk that has no vector yet. */
export interface UnembeddedChunk {
  chunkId: string;
  text: string;
  tokens: number;
}

/** How far a document has been chunked. */
export interface ChunkProgress {
  /** Where the next portion begins. */
  next: Resume;
  /** Parts of the document that are chunked, and all of them. */
  done: number;
  total: number;
}

/** The pending chunks of a document. */
export interface Chunks {
  /**
   * Keeps a portion of the chunks while the attempt goes on.
   * @returns false if the lease was lost
   */
  store(
    lease: Lease,
    output: ChunkOutput,
    progress: ChunkProgress,
  ): Promise<boolean>;
  /** The first chunks without a vector, in reading order. */
  unembedded(documentId: string, count: number): Promise<UnembeddedChunk[]>;
  /**
   * Keeps a batch of vectors and their charge while the attempt goes on.
   * @returns false if the lease was lost
   */
  storeEmbeddings(
    lease: Lease,
    model: string,
    embedded: { chunkId: string; vector: string }[],
    charge: Charge,
  ): Promise<boolean>;
}

export function createChunks(sql: Sql): Chunks {
  return {
    async store(lease, output, { next, done, total }) {
      const [{ stored }] = await sql<{ stored: boolean }[]>`
        select pipeline_internal.store_chunks(
          ${leaseOf(sql, lease)},
          jsonb_populate_record(null::pipeline_internal.chunk_output, ${
        sql.json(output as unknown as postgres.JSONValue)
      }), ${sql.json({ ...next })}, ${done}, ${total}) as stored`;
      return stored;
    },

    async unembedded(documentId, count) {
      const rows = await sql<
        { chunk_id: string; text: string; tokens: number }[]
      >`select chunk_id, text, tokens from pipeline_internal.unembedded_chunks(${documentId}, ${count})`;
      return rows.map(({ chunk_id, text, tokens }) => ({
        chunkId: chunk_id,
        text,
        tokens,
      }));
    },

    async storeEmbeddings(lease, model, embedded, charge) {
      const [{ stored }] = await sql<{ stored: boolean }[]>`
        select pipeline_internal.store_embeddings(
          ${leaseOf(sql, lease)}, ${model},
          ${embedded.map((item) => item.chunkId)}::uuid[],
          ${embedded.map((item) => item.vector)}::text[], ${sql.json([charge])}) as stored`;
      return stored;
    },
  };
}
