import type { DocumentStatus } from "../answers.ts";
import type { LiveState } from "../live.ts";
import type { DownloadOptions, PipelineClient, ReparseOptions } from "../pipeline_client.ts";
import { asPipelineError, PipelineError } from "../pipeline_error.ts";
import { connectionOf } from "./connection.ts";
import { newerStatus } from "./newer_status.ts";
import { createState, type Store } from "./store.ts";

export interface DocumentState {
  /** Null until it is loaded, and when the user has no such document. */
  document: DocumentStatus | null;
  isLoading: boolean;
  error: PipelineError | null;
  /** Whether changes arrive by Realtime (`live`) or by polling. */
  live: LiveState;
  /** Why changes did not arrive, last; they are asked for again. */
  liveError: PipelineError | null;
}

export interface DocumentStore extends Store<DocumentState> {
  /** Shows this document; none for null. */
  show(documentId: string | null): void;
  reload(): void;
  retry(): Promise<void>;
  reparse(options?: Omit<ReparseOptions, "signal">): Promise<void>;
  remove(): Promise<void>;
  downloadUrl(variant?: DownloadOptions["variant"]): Promise<string>;
}

export const NO_DOCUMENT: DocumentState = {
  document: null,
  isLoading: true,
  error: null,
  live: "connecting",
  liveError: null,
};

export function documentStore(pipeline: PipelineClient): DocumentStore {
  const connection = connectionOf(pipeline);
  let documentId: string | null = null;
  let userId: string | null = null;
  let request: AbortController | null = null;
  let loading: ReturnType<typeof setTimeout> | undefined;

  const state = createState(NO_DOCUMENT, () => {
    const stopListening = connection.listen({
      wantsLive: () => documentId !== null,
      onUser(id) {
        userId = id;
        forget();
        // Auth may call this while it holds its lock, which a request needs.
        if (id !== null) loading = setTimeout(load);
      },
      onStatus: (status) => {
        if (status.document_id === documentId) receive(status);
      },
      onRemoved: (removed) => {
        if (removed === documentId) lose();
      },
      onLive: (live) => update({ live, ...live === "live" && { liveError: null } }),
      onError: (liveError) => update({ liveError }),
    });
    return () => {
      stopListening();
      cancel();
      userId = null;
      state.set(NO_DOCUMENT);
    };
  });

  function update(change: Partial<DocumentState>): void {
    state.set({ ...state.get(), ...change });
  }

  function cancel(): void {
    clearTimeout(loading);
    request?.abort();
    request = null;
  }

  function forget(): void {
    cancel();
    update({ document: null, error: null, isLoading: documentId !== null && userId !== null });
  }

  function lose(): void {
    cancel();
    const error = new PipelineError("document_not_found", "The document was deleted.", { status: 404 });
    update({ document: null, error, isLoading: false });
  }

  /** An answer may be older than an event that came while it was under way. */
  function receive(status: DocumentStatus): void {
    const { document } = state.get();
    const known = document?.document_id === status.document_id ? document : undefined;
    update({ document: newerStatus(status, known), isLoading: request !== null, error: null });
  }

  function load(): void {
    cancel();
    if (documentId === null || userId === null) return;
    const { signal } = request = new AbortController();
    update({ isLoading: true });
    pipeline.status(documentId, { signal }).then((status) => {
      if (signal.aborted) return;
      request = null;
      receive(status);
    }, (cause) => {
      if (signal.aborted) return;
      request = null;
      const error = asPipelineError(cause);
      update({ error, isLoading: false, ...error.code === "document_not_found" && { document: null } });
    });
  }

  /** @throws {PipelineError} `document_not_found` if none is shown */
  function shown(): DocumentStatus {
    const { document } = state.get();
    if (!document) throw new PipelineError("document_not_found", "No document is loaded.", { status: 404 });
    return document;
  }

  return {
    get: state.get,
    subscribe: state.subscribe,
    show(next) {
      if (next === documentId) return;
      documentId = next;
      connection.update();
      forget();
      load();
    },
    reload: load,
    async retry() {
      await pipeline.retry(shown().job_id);
      load();
    },
    async reparse(options) {
      await pipeline.reparse(shown().document_id, options);
      load();
    },
    async remove() {
      const { document_id } = shown();
      await pipeline.remove(document_id);
      if (document_id === documentId) lose();
    },
    async downloadUrl(variant) {
      const { url } = await pipeline.downloadUrl(shown().document_id, { variant });
      return url;
    },
  };
}
