import type { Passage, SearchNotice } from "../answers.ts";
import type { PipelineClient, SearchOptions } from "../pipeline_client.ts";
import { asPipelineError, type PipelineError } from "../pipeline_error.ts";
import { connectionOf } from "./connection.ts";
import { createState, type Store } from "./store.ts";

export interface SearchState {
  /** The question of the results shown; null before the first answer. */
  query: string | null;
  results: readonly Passage[];
  notices: readonly SearchNotice[];
  /** True if only words were compared, because the question could not be embedded. */
  degraded: boolean;
  isLoading: boolean;
  isLoadingMore: boolean;
  hasMore: boolean;
  /** What went wrong last; the results remain. */
  error: PipelineError | null;
}

export type Question = Omit<SearchOptions, "cursor" | "signal">;

export interface SearchStore extends Store<SearchState> {
  search(query: string, options?: Question): void;
  loadMore(): void;
  clear(): void;
}

export const NO_SEARCH: SearchState = {
  query: null,
  results: [],
  notices: [],
  degraded: false,
  isLoading: false,
  isLoadingMore: false,
  hasMore: false,
  error: null,
};

export function searchStore(pipeline: PipelineClient): SearchStore {
  let request: AbortController | null = null;
  let userId: string | null | undefined;
  /** What was asked for the results shown, and their next page. */
  let shown: { query: string; options: Question; cursor: string | null } | null = null;

  const state = createState(NO_SEARCH, () => {
    const stopListening = connectionOf(pipeline).listen({
      wantsLive: () => false,
      onUser(id) {
        // Of the first one there are no results yet, but there may be a question.
        if (userId !== undefined && id !== userId) clear();
        userId = id;
      },
    });
    return () => {
      stopListening();
      clear();
      userId = undefined;
    };
  });

  function update(change: Partial<SearchState>): void {
    state.set({ ...state.get(), ...change });
  }

  function clear(): void {
    request?.abort();
    request = null;
    shown = null;
    state.set(NO_SEARCH);
  }

  async function ask(query: string, options: Question, cursor: string | undefined, change: Partial<SearchState>) {
    request?.abort();
    const { signal } = request = new AbortController();
    update({ isLoading: false, isLoadingMore: false, ...change });
    const over = { isLoading: false, isLoadingMore: false };
    try {
      const answer = await pipeline.search(query, { ...options, cursor, signal });
      if (signal.aborted) return;
      request = null;
      shown = { query, options, cursor: answer.next_cursor };
      update({
        ...over,
        query,
        results: cursor === undefined ? answer.results : [...state.get().results, ...answer.results],
        notices: answer.notices,
        degraded: answer.degraded ?? false,
        hasMore: answer.next_cursor !== null,
        error: null,
      });
    } catch (error) {
      if (signal.aborted) return;
      request = null;
      update({ ...over, error: asPipelineError(error) });
    }
  }

  return {
    get: state.get,
    subscribe: state.subscribe,
    search(query, options = {}) {
      if (query.trim() === "") clear();
      else void ask(query, options, undefined, { isLoading: true });
    },
    loadMore() {
      if (!shown?.cursor || request) return;
      void ask(shown.query, shown.options, shown.cursor, { isLoadingMore: true });
    },
    clear,
  };
}
