import type postgres from "postgres";
import type { Resume } from "../_chunker/chunk_document.ts";
import type { Charge } from "../_engine/charges.ts";
import { leaseOf } from "../_engine/leases.ts";
import type { Lease, Output } from "../_engine/stage.ts";
import type { Sql } from "../_shared/database.ts";

/** A chunk that has no vector yet. */
export interface UnembeddedChunk {
  chunkId: string;
  text: string;
  tokens: number;
}

/** How far a document has been cut. */
export interface Cut {
  /** Where the next portion begins. */
  next: Resume;
  /** Parts of the document, of so many. */
  done: number;
  total: number;
}

/** The chunks of a document that are being cut and embedded. */
export interface Chunks {
  /**
   * Keeps a portion of the chunks, as `pipeline_internal.keep_chunks` takes it; the lease goes on.
   * @returns false if the lease was lost
   */
  store(lease: Lease, output: Output, cut: Cut): Promise<boolean>;
  /** The next chunks without a vector, in reading order. */
  unembedded(documentId: string, count: number): Promise<UnembeddedChunk[]>;
  /**
   * Keeps a batch of vectors, and what it cost; the lease goes on.
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
          ${leaseOf(sql, lease)}, ${sql.json(output as postgres.JSONValue)}, ${
        sql.json({ ...next })
      }, ${done}, ${total}) as stored`;
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
          ${embedded.map((item) => item.vector)}::text[], ${
        sql.json([charge])
      }) as stored`;
      return stored;
    },
  };
}
