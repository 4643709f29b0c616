import type { DocumentStatus } from "../answers.ts";
import type { LiveState } from "../live.ts";
import type { ListOptions, PipelineClient } from "../pipeline_client.ts";
import { asPipelineError, type PipelineError } from "../pipeline_error.ts";
import { connectionOf } from "./connection.ts";
import { newerStatus } from "./newer_status.ts";
import { createState, type Store } from "./store.ts";

export interface DocumentsState {
  documents: readonly DocumentStatus[];
  isLoading: boolean;
  isLoadingMore: boolean;
  hasMore: boolean;
  /** What went wrong last; the documents remain. */
  error: PipelineError | null;
  /** Whether changes arrive by Realtime (`live`) or by polling. */
  live: LiveState;
  /** Why changes did not arrive, last; they are asked for again. */
  liveError: PipelineError | null;
}

export type DocumentFilters = Omit<ListOptions, "cursor" | "signal">;

export interface DocumentsStore extends Store<DocumentsState> {
  /** Shows the documents that these filters choose; the former ones remain until they are loaded. */
  show(filters: DocumentFilters, isLive: boolean): void;
  loadMore(): void;
  reload(): void;
  remove(documentId: string): Promise<void>;
}

export const NO_DOCUMENTS: DocumentsState = {
  documents: [],
  isLoading: true,
  isLoadingMore: false,
  hasMore: false,
  error: null,
  live: "connecting",
  liveError: null,
};

/** How long to wait for further events before the list is loaded again, in milliseconds. */
const RELOAD_DELAY_MS = 300;
/** The most documents that the API lists at once. */
const LARGEST_PAGE = 100;

export function documentsStore(pipeline: PipelineClient): DocumentsStore {
  const connection = connectionOf(pipeline);
  let filters: DocumentFilters = {};
  let isLive = true;
  let userId: string | null = null;
  let cursor: string | null = null;
  let request: AbortController | null = null;
  let reloading: ReturnType<typeof setTimeout> | undefined;
  /** What was heard while a request is under way, whose answer may be older. */
  const heard = new Map<string, DocumentStatus | "removed">();

  const state = createState(NO_DOCUMENTS, () => {
    const stopListening = connection.listen({
      wantsLive: () => isLive,
      onUser: hearUser,
      onStatus: hearStatus,
      onRemoved: hearRemoved,
      onLive: (live) => update({ live, ...live === "live" && { liveError: null } }),
      onError: (liveError) => update({ liveError }),
    });
    return () => {
      stopListening();
      cancel();
      userId = null;
      state.set(NO_DOCUMENTS);
    };
  });

  function update(change: Partial<DocumentsState>): void {
    state.set({ ...state.get(), ...change });
  }

  function cancel(): void {
    clearTimeout(reloading);
    request?.abort();
    request = null;
    heard.clear();
  }

  function hearUser(id: string | null): void {
    cancel();
    userId = id;
    const { live } = state.get();
    state.set({ ...NO_DOCUMENTS, live, isLoading: id !== null });
    // Auth may call this while it holds its lock, which a request needs.
    if (id !== null) reloadSoon(0);
  }

  function reloadSoon(delayMs: number): void {
    clearTimeout(reloading);
    reloading = setTimeout(reload, delayMs);
  }

  /** Sends requests one after the other; `receive` is not called for an answer that is superseded. */
  async function send(change: Partial<DocumentsState>, load: (signal: AbortSignal) => Promise<() => void>) {
    cancel();
    const current = request = new AbortController();
    update(change);
    try {
      const receive = await load(current.signal);
      if (current.signal.aborted) return;
      request = null;
      receive();
      heard.clear();
    } catch (error) {
      if (current.signal.aborted) return;
      request = null;
      heard.clear();
      update({ isLoading: false, isLoadingMore: false, error: asPipelineError(error) });
    }
  }

  /** @param count how many documents to load at least; none for one page */
  function load(count: number): void {
    if (userId === null) return;
    void send({ isLoading: true, isLoadingMore: false }, async (signal) => {
      const documents: DocumentStatus[] = [];
      let next: string | undefined;
      do {
        const limit = count > 0 ? Math.min(count - documents.length, LARGEST_PAGE) : filters.limit;
        const page = await pipeline.documents({ ...filters, limit, cursor: next, signal });
        documents.push(...page.documents);
        next = page.next_cursor ?? undefined;
      } while (next && documents.length < count);
      return () => {
        cursor = next ?? null;
        update({ documents: withHeard(documents), isLoading: false, hasMore: cursor !== null, error: null });
      };
    });
  }

  /** Loads as many documents as are shown. */
  function reload(): void {
    load(state.get().documents.length);
  }

  function loadMore(): void {
    if (cursor === null || request) return;
    const from = cursor;
    void send({ isLoadingMore: true }, async (signal) => {
      const page = await pipeline.documents({ ...filters, cursor: from, signal });
      return () => {
        cursor = page.next_cursor;
        const documents = withHeard([...state.get().documents, ...page.documents]);
        update({ documents, isLoadingMore: false, hasMore: cursor !== null, error: null });
      };
    });
  }

  /** The documents as they were last heard of, each once. */
  function withHeard(documents: readonly DocumentStatus[]): DocumentStatus[] {
    const byId = new Map(documents.map((document) => [document.document_id, document]));
    for (const [id, change] of heard) {
      if (change === "removed") byId.delete(id);
      else if (byId.has(id) || isPlaced(change, documents)) byId.set(id, newerStatus(change, byId.get(id)));
    }
    return inOrder([...byId.values()].filter(isChosen));
  }

  function hearStatus(status: DocumentStatus): void {
    const { documents } = state.get();
    if (request) heard.set(status.document_id, status);
    const known = documents.find(({ document_id }) => document_id === status.document_id);
    if (known) {
      const changed = documents.map((document) => document === known ? newerStatus(status, known) : document);
      return update({ documents: inOrder(changed.filter(isChosen)) });
    }
    if (!isChosen(status)) return;
    if (isPlaced(status, documents)) return update({ documents: inOrder([...documents, status]) });
    // Whether and where the list has it, only the API can say.
    if (filters.q !== undefined || filters.sort === "filename") reloadSoon(RELOAD_DELAY_MS);
  }

  function hearRemoved(documentId: string): void {
    if (request) heard.set(documentId, "removed");
    const { documents } = state.get();
    const remaining = documents.filter(({ document_id }) => document_id !== documentId);
    if (remaining.length < documents.length) update({ documents: remaining });
  }

  function isChosen(document: DocumentStatus): boolean {
    return (filters.status ?? document.status) === document.status &&
      (filters.state ?? document.state) === document.state;
  }

  /** Whether a new document belongs among those that are loaded, as far as can be said without the API. */
  function isPlaced(document: DocumentStatus, documents: readonly DocumentStatus[]): boolean {
    if (filters.q !== undefined || filters.sort === "filename") return false;
    const last = documents[documents.length - 1];
    return cursor === null || last === undefined || compare(document, last) < 0;
  }

  function inOrder(documents: DocumentStatus[]): DocumentStatus[] {
    return filters.sort === "filename" ? documents : documents.sort(compare);
  }

  function compare(a: DocumentStatus, b: DocumentStatus): number {
    const field = filters.sort === "updated_at" ? "updated_at" : "created_at";
    const ascending = a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0;
    return filters.order === "asc" ? ascending : -ascending;
  }

  return {
    get: state.get,
    subscribe: state.subscribe,
    show(next, nextIsLive) {
      filters = next;
      isLive = nextIsLive;
      connection.update();
      load(0);
    },
    loadMore,
    reload,
    async remove(documentId) {
      await pipeline.remove(documentId);
      hearRemoved(documentId);
    },
  };
}
