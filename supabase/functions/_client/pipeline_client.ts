import type { SupabaseClient } from "@supabase/supabase-js";
import type {
  DocumentPage,
  DocumentStatus,
  Reparse,
  SearchAnswer,
  SearchMode,
} from "./answers.ts";
import { type ApiRequest, callApi } from "./call_api.ts";
import {
  upload,
  type Uploaded,
  type UploadOptions,
  type UploadWays,
} from "./upload.ts";
import { type WaitOptions, waitUntilComplete } from "./wait.ts";

export type * from "./answers.ts";
export { PipelineError } from "./pipeline_error.ts";
export type { SendBytes, UploadProgress } from "./put_bytes.ts";
export type { Uploaded, UploadOptions, UploadWays } from "./upload.ts";
export type { WaitOptions } from "./wait.ts";

export interface SearchOptions {
  /** How many passages, 1 to 50. */
  k?: number;
  mode?: SearchMode;
  /** Only in these documents. */
  documentIds?: string[];
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
  /** Page numbers from 1, or those that the parser failed on; by default all. */
  pages?: "unread" | number[];
  /** Whether the parser is to read what is a picture of text; by default as before. With `unread`, pages without text too. */
  ocr?: boolean;
  signal?: AbortSignal;
}

/** The pipeline as its user meets it. Every method throws `PipelineError`, or the signal's reason. */
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
  /** Has pages read again, which is paid for as an upload is. `waitUntilComplete` follows it; the document answers meanwhile. */
  reparse(documentId: string, options?: ReparseOptions): Promise<Reparse>;
  search(query: string, options?: SearchOptions): Promise<SearchAnswer>;
  documents(options?: ListOptions): Promise<DocumentPage>;
  remove(
    documentId: string,
    options?: { signal?: AbortSignal },
  ): Promise<void>;
}

/**
 * A client of the pipeline for browsers, Node and Deno. This folder is all of it, and supabase-js all that it needs.
 * @param supabase where the user is signed in
 * @param ways `{ sendLargeFile: resumableUploads() }` sends large files so that they can be resumed; see `resumable_uploads.ts`
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

  return {
    upload: (file, options = {}) => upload(supabase, file, options, ways),

    status: (documentId, { signal } = {}) =>
      ask(`documents/${encodeURIComponent(documentId)}/status`, {
        method: "GET",
        signal,
      }),

    waitUntilComplete: (documentId, options = {}) =>
      waitUntilComplete(supabase, documentId, options),

    reparse: (documentId, { pages, ocr, signal } = {}) =>
      ask(`documents/${encodeURIComponent(documentId)}/reparse`, {
        method: "POST",
        body: { pages, ocr },
        signal,
      }),

    search: (query, { k, mode, documentIds, signal } = {}) =>
      ask("search", {
        method: "POST",
        body: { query, k, mode, document_ids: documentIds },
        signal,
      }),

    documents: ({ signal, ...filters } = {}) => {
      const given = Object.entries(filters).filter(([, value]) =>
        value !== undefined
      ).map(([name, value]) => [name, String(value)]);
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
