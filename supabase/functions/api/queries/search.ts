import { asUser, type Claims, type Sql } from "../../_shared/database.ts";
import { toVectorLiteral } from "../../_shared/openai.ts";

export type SearchMode = "hybrid" | "vector" | "text";

export interface ChunkSearch {
  /** 1536 numbers; null for mode `text`. */
  embedding: Float32Array | null;
  text: string;
  count: number;
  /** Null searches all of the user's documents. */
  documentIds: string[] | null;
  mode: SearchMode;
}

export interface FoundChunk {
  chunk_id: string;
  document_id: string;
  filename: string;
  /** That of the passage that matched, of the pages from `page_from` to `page_to`; null if the parser named no pages. */
  page: number | null;
  page_from: number | null;
  page_to: number | null;
  heading_path: string[];
  content: string;
  score: number;
}

export async function searchChunks(
  sql: Sql,
  claims: Claims,
  search: ChunkSearch,
): Promise<FoundChunk[]> {
  const embedding = search.embedding && toVectorLiteral(search.embedding);
  const rows = await asUser(
    sql,
    claims,
    (tx) =>
      tx<FoundChunk[]>`
    select chunk_id, document_id, filename, page, page_from, page_to, heading_path, content, score
    from upload_pipeline.search_chunks(
      ${embedding}::extensions.vector(1536), ${search.text}::text, ${search.count}::int,
      ${search.documentIds}::uuid[], ${search.mode}::text)`,
  );
  return [...rows];
}
