"use client";

import type { DocumentStatus, Passage, SearchNotice } from "../answers.ts";
import type { LiveState } from "../live.ts";
import type { ListOptions, PipelineClient, ReparseOptions, SearchOptions } from "../pipeline_client.ts";
import type { PipelineError } from "../pipeline_error.ts";
import type { TaskProgress, UploadAllOptions, UploadSnapshot } from "../upload_task.ts";

export interface Uploads {
  /** The files that were added, the oldest first. Those of another user are left out. */
  tasks: readonly UploadSnapshot[];
  /** All of them together. */
  progress: TaskProgress;
  isUploading: boolean;
  /** Why the remaining files are paused, such as `daily_limit`; null if they are not. */
  error: PipelineError | null;
  /** Uploads files, as a `FileList` or an array. */
  addFiles(files: Iterable<File>): void;
  /** Of one task, or of all. */
  pause(id?: string): void;
  resume(id?: string): void;
  /** Tries a failed task again, or all of them. */
  retry(id?: string): void;
  abort(id?: string): void;
  /** Forgets the tasks that are done, failed or aborted. */
  clear(): void;
}

/** Uploads of this component, or, below a `PipelineProvider`, of the provider. They are aborted when it unmounts. */
export declare function useUpload(pipeline: PipelineClient, options?: UploadAllOptions): Uploads;

export interface Documents {
  documents: readonly DocumentStatus[];
  isLoading: boolean;
  isLoadingMore: boolean;
  hasMore: boolean;
  /** What went wrong last; the documents remain. */
  error: PipelineError | null;
  /** Whether changes arrive by Realtime, by polling, or not. */
  live: LiveState;
  loadMore(): void;
  reload(): void;
  /** Deletes a document. Rejects with a `PipelineError`; the document then remains. */
  remove(documentId: string): Promise<void>;
}

export interface DocumentsOptions extends Omit<ListOptions, "cursor" | "signal"> {
  /** Whether statuses follow their changes; by default true. */
  live?: boolean;
}

/** The user's documents, page by page, which follow their changes. */
export declare function useDocuments(pipeline: PipelineClient, options?: DocumentsOptions): Documents;

export interface OneDocument {
  /** Null until it is loaded, and when the user has no such document. */
  document: DocumentStatus | null;
  isLoading: boolean;
  error: PipelineError | null;
  live: LiveState;
  reload(): void;
  /** Each rejects with a `PipelineError`. */
  retry(): Promise<void>;
  reparse(options?: Omit<ReparseOptions, "signal">): Promise<void>;
  remove(): Promise<void>;
  downloadUrl(content?: "original" | "markdown"): Promise<string>;
}

/** One document, which follows its changes. Without an id, nothing. */
export declare function useDocument(pipeline: PipelineClient, documentId: string | null | undefined): OneDocument;

export interface Search {
  /** The question of the results shown; null before the first answer. */
  query: string | null;
  results: readonly Passage[];
  notices: readonly SearchNotice[];
  /** True if only words were compared. */
  degraded: boolean;
  isLoading: boolean;
  isLoadingMore: boolean;
  hasMore: boolean;
  error: PipelineError | null;
  /** Asks a question. A request that is under way is cancelled; its results are not shown. */
  search(query: string, options?: Omit<SearchOptions, "cursor" | "signal">): void;
  loadMore(): void;
  /** Cancels the request and forgets the results. */
  clear(): void;
}

/** A search, whose earlier results remain until the next ones arrive. */
export declare function useSearch(pipeline: PipelineClient): Search;

/** The pipeline of the nearest `PipelineProvider`. */
export declare function usePipeline(): PipelineClient;

/** Hands the pipeline to the components below it, and keeps their uploads when they unmount. */
export declare function PipelineProvider(
  props: { pipeline: PipelineClient; children?: import("react").ReactNode },
): import("react").ReactElement;

export type { TaskProgress, UploadAllOptions, UploadSnapshot, UploadState, UploadWait } from "../upload_task.ts";
