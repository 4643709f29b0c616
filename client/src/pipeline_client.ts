import type { SupabaseClient } from "@supabase/supabase-js";
import { type AccountClient, accountClient } from "./account.ts";
import type {
  DocumentPage,
  DocumentStatus,
  Download,
  Job,
  JobPage,
  Limits,
  Passage,
  Reparse,
  SearchAnswer,
} from "./answers.ts";
import { ask, documentRoute, queryOf } from "./call_api.ts";
import { fetchFile } from "./fetch_file.ts";
import type { LiveHandlers, LiveSubscription } from "./live.ts";
import { liveFeedOf } from "./live_feed.ts";
import type { UploadWays } from "./send_file.ts";
import { onUser } from "./session.ts";
import type { Uploaded, UploadOptions } from "./upload.ts";
import type { BatchItem, UploadAllOptions, UploadBatch, UploadTask, UploadTaskOptions } from "./upload_task.ts";
import { uploadsOf } from "./uploads.ts";
import type { SearchMode, State, Status } from "./vocabulary.ts";
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
  status?: Status;
  state?: State;
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
  /** Repetitions with the same key get the first answer and cost nothing, for 24 hours. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface DownloadOptions {
  /** The file as it was uploaded, by default, or the text that the parser read from it. */
  variant?: "original" | "markdown";
  signal?: AbortSignal;
}

export interface JobListOptions {
  state?: State;
  /** How many jobs, 1 to 100. */
  limit?: number;
  /** How many to skip. */
  offset?: number;
  signal?: AbortSignal;
}

interface Options {
  signal?: AbortSignal;
}

/** The pipeline's API for one user. Every method throws `PipelineError`, or the signal's reason. */
export interface PipelineClient {
  upload(file: Blob | Uint8Array, options?: UploadOptions): Promise<Uploaded>;
  /** As `upload`, with pause, resume and abort; a task waits for as long as the browser is offline. */
  startUpload(file: Blob | Uint8Array, options?: UploadTaskOptions): UploadTask;
  /** Uploads several files, a few at a time, and registers them together where that saves requests. */
  uploadAll(files: Iterable<BatchItem>, options?: UploadAllOptions): UploadBatch;
  documents(options?: ListOptions): Promise<DocumentPage>;
  status(documentId: string, options?: Options): Promise<DocumentStatus>;
  waitUntilComplete(documentId: string, options?: WaitOptions): Promise<DocumentStatus>;
  /**
   * Parses pages again, which costs as much as an upload. Follow it with `waitUntilComplete`; the active version
   * answers searches meanwhile.
   */
  reparse(documentId: string, options?: ReparseOptions): Promise<Reparse>;
  /** A link to a file of the document, valid for five minutes. */
  downloadUrl(documentId: string, options?: DownloadOptions): Promise<Download>;
  /** A file of the document. */
  download(documentId: string, options?: DownloadOptions): Promise<Blob>;
  remove(documentId: string, options?: Options): Promise<void>;
  /**
   * Follows the status of all documents of the user: over Realtime, and by polling while that is unavailable. Ends with
   * the session; subscribe again after the next sign-in.
   */
  subscribe(handlers: LiveHandlers): LiveSubscription;

  /**
   * Passages that answer a question, the best first. `"in quotes"` must be found, `-word` must not; the last word may
   * be incomplete.
   */
  search(query: string, options?: SearchOptions): Promise<SearchAnswer>;
  /** All results, page after page, `k` at a time; break off the loop when there are enough. */
  passages(query: string, options?: SearchOptions): AsyncGenerator<Passage>;

  /** The processing of documents, the newest first. */
  jobs(options?: JobListOptions): Promise<JobPage>;
  job(jobId: string, options?: Options): Promise<Job>;
  /** Retries a failed document: by the `job_id` of its status, in state `retryable` or `deadletter`. */
  retry(jobId: string, options?: Options): Promise<Job>;

  /** The limits in force, what the user has used of them, the budget, and the required version of the terms. */
  limits(options?: Options): Promise<Limits>;
  readonly account: AccountClient;
  /**
   * Calls the listener with the signed-in user's id, or null if no user is signed in: soon, and whenever it changes. A client that
   * was created with `accessToken` does not know its users, and reports one and the same.
   * @returns ends it
   */
  onUser(listener: (userId: string | null) => void): () => void;
}

/** A client of supabase-js, whatever database types it has. */
// deno-lint-ignore no-explicit-any
export type AnySupabaseClient = SupabaseClient<any, any, any, any, any>;

/**
 * A client of the pipeline for browsers, Node and Deno.
 * @param given a client with a signed-in user
 * @param ways `{ sendLargeFile: resumableUploads() }` sends large files as resumable uploads; see the entry
 * `./resumable`
 */
export function createPipelineClient(given: AnySupabaseClient, ways: UploadWays = {}): PipelineClient {
  const supabase: SupabaseClient = given;
  const get = <T>(route: string, signal: AbortSignal | undefined) => ask<T>(supabase, route, { method: "GET", signal });
  const jobRoute = (jobId: string) => `jobs/${encodeURIComponent(jobId)}`;

  const status: PipelineClient["status"] = (documentId, { signal } = {}) =>
    get(`${documentRoute(documentId)}/status`, signal);

  const downloadUrl: PipelineClient["downloadUrl"] = (documentId, { variant, signal } = {}) =>
    get(`${documentRoute(documentId)}/download${queryOf({ variant })}`, signal);

  const uploads = uploadsOf(supabase, ways);

  const search: PipelineClient["search"] = (query, { signal, ...options } = {}) =>
    ask(supabase, "search", {
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

  return {
    upload: uploads.upload,
    startUpload: uploads.startUpload,
    uploadAll: uploads.uploadAll,

    documents: ({ signal, limit, cursor, sort, order, status, state, q } = {}) =>
      get(`documents${queryOf({ limit, cursor, sort, order, status, state, q })}`, signal),

    status,

    waitUntilComplete: (documentId, options = {}) =>
      waitUntilComplete(supabase, documentId, options, () => status(documentId, options)),

    reparse: (documentId, { pages, ocr, idempotencyKey, signal } = {}) =>
      ask(supabase, `${documentRoute(documentId)}/reparse`, {
        method: "POST",
        body: { pages, ocr },
        ...(idempotencyKey !== undefined && { headers: { "idempotency-key": idempotencyKey } }),
        signal,
      }),

    downloadUrl,

    async download(documentId, options = {}) {
      const { url } = await downloadUrl(documentId, options);
      return await fetchFile(url, options.signal);
    },

    async remove(documentId, { signal } = {}) {
      await ask(supabase, documentRoute(documentId), { method: "DELETE", signal });
    },

    subscribe: (handlers) => liveFeedOf(supabase).subscribe(handlers),

    search,

    async *passages(query, options = {}) {
      let cursor = options.cursor;
      do {
        const page = await search(query, { ...options, cursor });
        yield* page.results;
        cursor = page.next_cursor ?? undefined;
      } while (cursor);
    },

    jobs: ({ signal, state, limit, offset } = {}) => get(`jobs${queryOf({ state, limit, offset })}`, signal),

    job: (jobId, { signal } = {}) => get(jobRoute(jobId), signal),

    retry: (jobId, { signal } = {}) => ask(supabase, `${jobRoute(jobId)}/retry`, { method: "POST", signal }),

    limits: uploads.limits,

    account: accountClient(supabase),
    onUser: (listener) => onUser(supabase, listener),
  };
}
