"use client";

import { useEffect, useMemo } from "react";
import type { DownloadOptions, PipelineClient, ReparseOptions } from "../pipeline_client.ts";
import { type DocumentState, documentStore, NO_DOCUMENT } from "./document_store.ts";
import { useStore, useStoreState } from "./store.ts";

/** A document and what can be done with it. The promises reject with a `PipelineError`. */
export interface OneDocument extends DocumentState {
  reload(): void;
  /** Retries a failed document. */
  retry(): Promise<void>;
  reparse(options?: Omit<ReparseOptions, "signal">): Promise<void>;
  remove(): Promise<void>;
  /** A link to the original, or to its text, valid for five minutes. */
  downloadUrl(variant?: DownloadOptions["variant"]): Promise<string>;
}

/** One document, as it changes. Without an id, none. */
export function useDocument(pipeline: PipelineClient, documentId: string | null | undefined): OneDocument {
  const store = useStore(pipeline, documentStore);
  useEffect(() => store.show(documentId ?? null), [store, documentId]);
  const state = useStoreState(store, NO_DOCUMENT);
  return useMemo(() => ({
    ...state,
    reload: store.reload,
    retry: store.retry,
    reparse: store.reparse,
    remove: store.remove,
    downloadUrl: store.downloadUrl,
  }), [state, store]);
}
