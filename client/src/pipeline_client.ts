import type { SupabaseClient } from "@supabase/supabase-js";
import type { DocumentPage, DocumentStatus, Passage, Reparse, SearchAnswer, SearchMode } from "./answers.ts";
import { type ApiRequest, callApi } from "./call_api.ts";
import { upload, type Uploaded, type UploadOptions, type UploadWays } from "./upload.ts";
import { type WaitOptions, waitUntilComplete } from "./wait.ts";

export interface SearchOptions {
  /** Passages per page, 1 to 50; by default 8. */
  k?: number;
  /** Compare meaning and words (`hybrid`, the default), only meaning (`vector`) or only words (`text`). */
  mode?: SearchMode;
  /** Search only these documents. */
  documentIds?: string[];
  /** The lowest score of a result, 0 to 1. */
  minScore?: number;
  /** The lowest similarity of a result, -1 to 1. Not with mode `text`. */
  minSimilarity?: number;
  /** How many passages before and after each result to return as its `neighbours`: 0 to 2. */
  expand?: number;
  /** The most results from one document, 1 to 50. */
  maxPerDocument?: number;
  /** The weights of words and meaning in the score, each 0 to 1, not both 0. Only with mode `hybrid`. */
  weights?: { words?: number; meaning?: number };
  /**
   * The question's language, by its ISO 639-1 code (`en`); detected by default.
   */
  language?: string;
  /** The `next_cursor` of the page before; question and options must be the same. */
  cursor?: string;
  /** Whether each result explains its score; or a chunk's id, to explain why it was or was not found. */
  explain?: boolean | string;
  signal?: AbortSignal;
}

export interface ListOptions {
  /** How many documents, 1 to 100. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
  sort?: "created_at" | "updated_at" | "filename";
  order?: "asc" | "desc";
  status?: string;
  state?: string;
  /** A part of the name. */
  q?: string;
  signal?: AbortSignal;
}

export interface ReparseOptions {
  /**
   * Page numbers from 1, or those that the parser failed on; by default all.
   */
  pages?: "unread" | number[];
  /** Whether the parser reads text in pictures; by default as before. With `unread`, also pages without text. */
  ocr?: boolean;
  signal?: AbortSignal;
}

/** The pipeline's API for one user. Every method throws `PipelineError`, or the signal's reason. */
export interface PipelineClient {
  upload(file: Blob | Uint8Array, options?: UploadOptions): Promise<Uploaded>;
  status(
    documentId: string,
    options?: { signal?: AbortSignal },
  ): Promise<DocumentStatus>;
  waitUntilComplete(
    documentId: string,
    options?: WaitOptions,
  ): Promise<DocumentStatus>;
  /**
   * Parses pages again, which costs as much as an upload. Follow it with `waitUntilComplete`; the active version
   * answers searches meanwhile.
   */
  reparse(documentId: string, options?: ReparseOptions): Promise<Reparse>;
  /**
   * Passages that answer a question, the best first. `"in quotes"` must be found, `-word` must not; the last word may
   * be incomplete.
   */
  search(query: string, options?: SearchOptions): Promise<SearchAnswer>;
  /** All results, page after page, `k` at a time; break off the loop when there are enough. */
  passages(query: string, options?: SearchOptions): AsyncGenerator<Passage>;
  documents(options?: ListOptions): Promise<DocumentPage>;
  remove(
    documentId: string,
    options?: { signal?: AbortSignal },
  ): Promise<void>;
}

/**
 * A client of the pipeline for browsers, Node and Deno.
 * @param supabase a client with a signed-in user
 * @param ways `{ sendLargeFile: resumableUploads() }` sends large files as resumable uploads; see the entry
 * `./resumable`
 */
export function createPipelineClient(
  supabase: SupabaseClient,
  ways: UploadWays = {},
): PipelineClient {
  async function ask<T>(route: string, request: ApiRequest): Promise<T> {
    const answer = await callApi<T>(supabase, route, request);
    if (!answer.ok) throw answer.error;
    return answer.data;
  }

  const search = (
    query: string,
    { signal, ...options }: SearchOptions = {},
  ): Promise<SearchAnswer> =>
    ask("search", {
      method: "POST",
      body: {
        query,
        k: options.k,
        mode: options.mode,
        document_ids: options.documentIds,
        min_score: options.minScore,
        min_similarity: options.minSimilarity,
        expand: options.expand,
        max_per_document: options.maxPerDocument,
        weights: options.weights,
        language: options.language,
        cursor: options.cursor,
        explain: options.explain,
      },
      signal,
    });

  const status = (
    documentId: string,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<DocumentStatus> =>
    ask(`documents/${encodeURIComponent(documentId)}/status`, {
      method: "GET",
      signal,
    });

  return {
    upload: (file, options = {}) => upload(supabase, file, options, ways),

    status,

    waitUntilComplete: (documentId, options = {}) =>
      waitUntilComplete(
        supabase,
        documentId,
        options,
        () => status(documentId, options),
      ),

    reparse: (documentId, { pages, ocr, signal } = {}) =>
      ask(`documents/${encodeURIComponent(documentId)}/reparse`, {
        method: "POST",
        body: { pages, ocr },
        signal,
      }),

    search,

    async *passages(query, options = {}) {
      let cursor = options.cursor;
      do {
        const page = await search(query, { ...options, cursor });
        yield* page.results;
        cursor = page.next_cursor ?? undefined;
      } while (cursor);
    },

    documents: ({ signal, ...filters } = {}) => {
      const given = Object.entries(filters).filter(([, value]) => value !== undefined).map((
        [name, value],
      ) => [name, String(value)]);
      const query = new URLSearchParams(given);
      return ask(`documents?${query}`, { method: "GET", signal });
    },

    async remove(documentId, { signal } = {}) {
      await ask(`documents/${encodeURIComponent(documentId)}`, {
        method: "DELETE",
        signal,
      });
    },
  };
}
