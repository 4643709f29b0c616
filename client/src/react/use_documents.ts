"use client";

import { useEffect, useMemo } from "react";
import type { PipelineClient } from "../pipeline_client.ts";
import { type DocumentFilters, type DocumentsState, documentsStore, NO_DOCUMENTS } from "./documents_store.ts";
import { useStore, useStoreState } from "./store.ts";

export interface DocumentsOptions extends DocumentFilters {
  /** Whether statuses follow their changes; by default true. */
  live?: boolean;
}

export interface Documents extends DocumentsState {
  /** Loads the next page. Does nothing while something is loaded, and after the last page. */
  loadMore(): void;
  /** Loads again as many documents as are shown. */
  reload(): void;
  /** Deletes a document. Rejects with a `PipelineError`; the document then remains. */
  remove(documentId: string): Promise<void>;
}

/** The user's documents, page by page, as they change. */
export function useDocuments(pipeline: PipelineClient, options: DocumentsOptions = {}): Documents {
  const store = useStore(pipeline, documentsStore);
  const { limit, sort, order, status, state: jobState, q, live = true } = options;
  useEffect(() => store.show({ limit, sort, order, status, state: jobState, q }, live), [
    store,
    limit,
    sort,
    order,
    status,
    jobState,
    q,
    live,
  ]);
  const state = useStoreState(store, NO_DOCUMENTS);
  return useMemo(() => ({ ...state, loadMore: store.loadMore, reload: store.reload, remove: store.remove }), [
    state,
    store,
  ]);
}
