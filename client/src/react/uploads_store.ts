import type { PipelineClient } from "../pipeline_client.ts";
import type { PipelineError } from "../pipeline_error.ts";
import { isAtRest } from "../upload_states.ts";
import type { TaskProgress, UploadAllOptions, UploadBatch, UploadSnapshot } from "../upload_task.ts";
import { connectionOf } from "./connection.ts";
import { createState, type Store } from "./store.ts";

export interface UploadsState {
  /** The files that were added, the oldest first. Those of another user are left out. */
  tasks: readonly UploadSnapshot[];
  /** All of them together. */
  progress: TaskProgress;
  /** Whether a file is on its way, or waits for its turn. */
  isUploading: boolean;
  /** Why the remaining files are paused, such as `daily_limit`; null if they are not. */
  error: PipelineError | null;
}

export interface UploadsStore extends Store<UploadsState> {
  addFiles(files: Iterable<File>, options: UploadAllOptions): void;
  pause(id?: string): void;
  resume(id?: string): void;
  retry(id?: string): void;
  abort(id?: string): void;
  clear(): void;
}

export const NO_UPLOADS: UploadsState = {
  tasks: [],
  progress: { hashed: 0, sent: 0, total: 0 },
  isUploading: false,
  error: null,
};

/** The files of one user. They remain, unseen, while another one is signed in. */
interface Owned {
  /** Null before the user is known. */
  userId: string | null;
  batch: UploadBatch;
  unsubscribe: () => void;
}

export function uploadsStore(pipeline: PipelineClient): UploadsStore {
  let userId: string | null = null;
  let owned: Owned[] = [];

  const state = createState(NO_UPLOADS, () => {
    const stopListening = connectionOf(pipeline).listen({
      wantsLive: () => false,
      onUser(id) {
        userId = id;
        // Files that were added before the user was known are the user's.
        if (id !== null && !current()) {
          owned = owned.map((each) => each.userId === null ? { ...each, userId: id } : each);
        }
        show();
      },
    });
    return () => {
      stopListening();
      for (const { batch, unsubscribe } of owned) {
        unsubscribe();
        // What cannot be deleted expires by itself.
        void batch.abort();
      }
      owned = [];
      userId = null;
      state.set(NO_UPLOADS);
    };
  });

  function current(): UploadBatch | undefined {
    return owned.find((each) => each.userId === userId)?.batch;
  }

  function show(): void {
    const snapshot = current()?.snapshot();
    state.set(
      snapshot
        ? {
          tasks: snapshot.tasks,
          progress: snapshot.progress,
          isUploading: !snapshot.tasks.every(isAtRest),
          error: snapshot.error,
        }
        : NO_UPLOADS,
    );
  }

  /** One task, or all of them. */
  function each(id: string | undefined, isMeant: (state: UploadSnapshot["state"]) => boolean) {
    const tasks = current()?.tasks ?? [];
    return tasks.filter((task) => id === undefined ? isMeant(task.state) : task.id === id);
  }

  return {
    get: state.get,
    subscribe: state.subscribe,
    addFiles(files, { atOnce, ...options }) {
      const batch = current() ?? begin(atOnce);
      batch.add([...files].map((file) => ({ ...options, file })));
    },
    pause(id) {
      if (id === undefined) current()?.pause();
      else for (const task of each(id, Boolean)) task.pause();
    },
    resume(id) {
      if (id === undefined) current()?.resume();
      else for (const task of each(id, Boolean)) task.resume();
    },
    retry(id) {
      for (const task of each(id, (state) => state === "failed")) task.resume();
    },
    abort(id) {
      for (const task of each(id, () => true)) void task.abort();
    },
    clear: () => current()?.clear(),
  };

  function begin(atOnce: number | undefined): UploadBatch {
    const batch = pipeline.uploadAll([], { atOnce });
    owned = [...owned, { userId, batch, unsubscribe: batch.subscribe(show) }];
    return batch;
  }
}
