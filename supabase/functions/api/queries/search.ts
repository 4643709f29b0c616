import type { NoticeCode, SearchReason } from "../../_shared/error_codes.ts";
import { asUser, type Claims, type Sql } from "../../_shared/database.ts";
import type { VectorLiteral } from "./questions.ts";

export type SearchMode = "hybrid" | "vector" | "text";

/** Time-out of a search, which holds one of the isolate's two connections. */
export const SEARCH_TIMEOUT_MS = 5_000;

/** The last hit of a page; the next page begins after it. */
export interface SearchPlace {
  score: number;
  chunk_id: string;
}

/** Null means the database's default. */
export interface ChunkSearch {
  /** Null for mode `text`. */
  embedding: VectorLiteral | null;
  text: string;
  count: number;
  /** Null searches all of the user's documents. */
  documentIds: string[] | null;
  mode: SearchMode;
  minScore: number | null;
  minSimilarity: number | null;
  /** How many chunks before and after each hit to return with it. */
  expand: number;
  maxPerDocument: number | null;
  weights: { words: number | null; meaning: number | null };
  language: string | null;
  after: SearchPlace | null;
  /** Whether each hit explains its score. */
  explain: boolean;
  /** The id of a chunk whose rank, or absence, is to be explained. */
  explainChunkId: string | null;
}

export interface Neighbour {
  chunk_id: string;
  chunk_ord: number;
  page: number | null;
  heading_path: string[];
  content: string;
}

export interface FoundChunk {
  chunk_id: string;
  document_id: string;
  filename: string;
  /** The page of the passage that matched, within `page_from` to `page_to`; null if the parser numbered no pages. */
  page: number | null;
  page_from: number | null;
  page_to: number | null;
  heading_path: string[];
  content: string;
  /** The offsets of the question's words in the content, in UTF-16 units. */
  highlights: { start: number; end: number }[];
  score: number;
  similarity: number | null;
  text_score: number | null;
  vector_rank: number | null;
  text_rank: number | null;
  chunk_ord: number;
  /** Other places of the same text. */
  duplicates?: {
    chunk_id: string;
    document_id: string;
    filename: string;
    page: number | null;
  }[];
  neighbours?: Neighbour[];
  explanation?: Explanation;
}

/** The components of a chunk's score. */
export interface Explanation {
  words: {
    /** 0 to 1; null if words were not compared. */
    score: number | null;
    rank: number | null;
    weight: number;
    terms: {
      word: string;
      /** Whether the word raises the score, must be there, or must not. */
      role: "wanted" | "required" | "excluded";
      /**
       * How many of the user's chunks contain the word; rarer words weigh more.
       */
      chunk_count?: number;
      weight?: number;
      taken_for?: string;
      found: "exactly" | "in part" | "no";
    }[];
  };
  meaning: {
    /** 0 to 1; null if meaning was not compared. */
    score: number | null;
    similarity: number | null;
    rank: number | null;
    weight: number;
  };
}

export interface SearchNotice {
  code: NoticeCode;
  message: string;
  [particular: string]: unknown;
}

export interface FoundChunks {
  results: FoundChunk[];
  next: SearchPlace | null;
  notices: SearchNotice[];
  explained: Explained | null;
}

/** The rank of a chunk, or why it is not in the result. */
export interface Explained {
  chunk_id: string;
  /** Whether it is on this page. */
  found: boolean;
  reason: SearchReason;
  message: string;
  score?: number | null;
  place?: number | null;
  same_as?: string;
  explanation?: Explanation;
}

/** @throws {postgres.PostgresError} 57014 after the time-out, 22023 for an invalid argument */
export async function searchChunks(
  sql: Sql,
  claims: Claims,
  search: ChunkSearch,
): Promise<FoundChunks> {
  const { weights, after } = search;
  const [{ answer }] = await asUser(
    sql,
    claims,
    (tx) =>
      tx<{ answer: FoundChunks }[]>`
    select pipeline_search.search(
      query_embedding => ${search.embedding}::extensions.vector(1536),
      query_text => ${search.text}::text,
      match_count => ${search.count}::int,
      document_ids => ${search.documentIds}::uuid[],
      mode => ${search.mode}::text,
      min_score => ${search.minScore}::double precision,
      min_similarity => ${search.minSimilarity}::double precision,
      expand => ${search.expand}::int,
      max_per_document => ${search.maxPerDocument}::int,
      weight_words => ${weights.words}::double precision,
      weight_meaning => ${weights.meaning}::double precision,
      language => ${search.language}::text,
      after_score => ${after?.score ?? null}::double precision,
      after_chunk_id => ${after?.chunk_id ?? null}::uuid,
      explain => ${search.explain}::boolean,
      explain_chunk_id => ${search.explainChunkId}::uuid) as answer`,
    { timeoutMs: SEARCH_TIMEOUT_MS },
  );
  return answer;
}
