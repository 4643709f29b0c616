"use client";

import { useEffect, useMemo, useRef } from "react";
import type { PipelineClient } from "../pipeline_client.ts";
import type { UploadAllOptions } from "../upload_task.ts";
import { useProvidedUploads } from "./provider.ts";
import { useStore, useStoreState } from "./store.ts";
import { NO_UPLOADS, type UploadsState, uploadsStore } from "./uploads_store.ts";

export interface Uploads extends UploadsState {
  /** Uploads files: a `FileList`, or an array. */
  addFiles(files: Iterable<File>): void;
  /** Pauses one task, or all. */
  pause(id?: string): void;
  /** Continues one task, or all. */
  resume(id?: string): void;
  /** Tries a failed task again, or all of them. */
  retry(id?: string): void;
  /** Aborts one task, or all that are not done, and deletes what they registered. */
  abort(id?: string): void;
  /** Forgets the tasks that are done, failed or aborted. */
  clear(): void;
}

/**
 * Uploads files, a few at a time. They are aborted when the component unmounts; below a `PipelineProvider` of the same
 * client, all components share them, and the provider keeps them.
 * @param options of the files to be added; `atOnce` counts when the first is
 */
export function useUpload(pipeline: PipelineClient, options: UploadAllOptions = {}): Uploads {
  const own = useStore(pipeline, uploadsStore);
  const store = useProvidedUploads(pipeline) ?? own;
  const state = useStoreState(store, NO_UPLOADS);
  const latest = useRef(options);
  useEffect(() => void (latest.current = options));
  return useMemo(() => ({
    ...state,
    addFiles: (files: Iterable<File>) => store.addFiles(files, latest.current),
    pause: store.pause,
    resume: store.resume,
    retry: store.retry,
    abort: store.abort,
    clear: store.clear,
  }), [state, store]);
}
