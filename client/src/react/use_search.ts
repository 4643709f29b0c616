"use client";

import { useMemo } from "react";
import type { PipelineClient } from "../pipeline_client.ts";
import { NO_SEARCH, type Question, type SearchState, searchStore } from "./search_store.ts";
import { useStore, useStoreState } from "./store.ts";

export interface Search extends SearchState {
  /**
   * Asks a question, and cancels the one before it. The results shown remain until the answer comes. A question without
   * a word clears them.
   */
  search(query: string, options?: Question): void;
  /** Appends the next page. Does nothing while something is asked, and after the last page. */
  loadMore(): void;
  /** Cancels the request and forgets the results. */
  clear(): void;
}

/** A search of the user's documents. It waits for no pause in typing: call `search` when it is to be done. */
export function useSearch(pipeline: PipelineClient): Search {
  const store = useStore(pipeline, searchStore);
  const state = useStoreState(store, NO_SEARCH);
  return useMemo(() => ({ ...state, search: store.search, loadMore: store.loadMore, clear: store.clear }), [
    state,
    store,
  ]);
}
