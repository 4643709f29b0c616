import type { Sql } from "../_shared/database.ts";
import { leaseOf } from "./leases.ts";
import type { Chunk } from "./markdown.ts";
import type { Lease } from "./stage.ts";

/** A chunk that has no vector yet. */
export interface UnembeddedChunk {
  chunkId: string;
  text: string;
  tokens: number;
}

/** The chunks of a document and their vectors. Settlements answer false when the lease was lost. */
export interface Chunks {
  /** chunking → embedding_queued: these are the document's chunks, and no others. */
  finishChunk(
    lease: Lease,
    chunker: { name: string; version: string },
    chunks: Chunk[],
  ): Promise<boolean>;
  /** The next chunks without a vector, in reading order. */
  unembedded(documentId: string, count: number): Promise<UnembeddedChunk[]>;
  /** Keeps a batch; the lease goes on. */
  storeEmbeddings(
    lease: Lease,
    model: string,
    embedded: { chunkId: string; vector: string }[],
  ): Promise<boolean>;
  finishEmbed(lease: Lease): Promise<boolean>;
}

export function createChunks(sql: Sql): Chunks {
  return {
    async finishChunk(lease, chunker, chunks) {
      const rows = chunks.map((chunk) => ({
        ord: chunk.ord,
        page: chunk.page,
        heading_path: chunk.headingPath,
        text: chunk.text,
        tokens: chunk.tokens,
      }));
      const [{ settled }] = await sql<{ settled: boolean }[]>`
        select pipeline_internal.finish_chunk(
          ${leaseOf(sql, lease)}, ${chunker.name}, ${chunker.version}, ${
        sql.json(rows)
      }) as settled`;
      return settled;
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

    async storeEmbeddings(lease, model, embedded) {
      const [{ settled }] = await sql<{ settled: boolean }[]>`
        select pipeline_internal.store_embeddings(
          ${leaseOf(sql, lease)}, ${model},
          ${embedded.map((item) => item.chunkId)}::uuid[],
          ${embedded.map((item) => item.vector)}::text[]) as settled`;
      return settled;
    },

    async finishEmbed(lease) {
      const [{ settled }] = await sql<{ settled: boolean }[]>`
        select pipeline_internal.finish_embed(${
        leaseOf(sql, lease)
      }) as settled`;
      return settled;
    },
  };
}
