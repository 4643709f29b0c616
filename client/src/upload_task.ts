import type { PipelineError } from "./pipeline_error.ts";
import type { Uploaded, UploadOptions } from "./upload.ts";

/**
 * `waiting` for what `waitingFor` says; `hashing` while the file is read for its digest; `registering` while the API is
 * asked; `sending` its bytes; `paused` by `pause()` or with its batch. `done`, `failed` and `aborted` are the ends.
 */
export type UploadState =
  | "waiting"
  | "hashing"
  | "registering"
  | "sending"
  | "paused"
  | "done"
  | "failed"
  | "aborted";

/**
 * What a task waits for: its `turn` in a batch; the `network` to return; another task of this client that uploads the
 * `same_file`; a `retry` after a failure that may pass, or after the delay that the API asked for.
 */
export type UploadWait = "turn" | "network" | "same_file" | "retry";

/** How far an upload is, in bytes. `sent` decreases when some are sent again. */
export interface TaskProgress {
  hashed: number;
  sent: number;
  total: number;
}

/** A task at one moment. It is another object after each change, and the same one until then. */
export interface UploadSnapshot {
  /** The task's id, unique in this page. */
  id: string;
  filename: string;
  state: UploadState;
  waitingFor: UploadWait | null;
  progress: TaskProgress;
  /** Known once the file is registered. */
  documentId: string | null;
  /** How it ended, when it is `done`. */
  uploaded: Uploaded | null;
  /** Why it failed, why it waits for another try, or why its batch paused it. */
  error: PipelineError | null;
}

/** One file on its way into the pipeline. Every method may be called in every state; what makes no sense does nothing. */
export interface UploadTask {
  readonly id: string;
  readonly file: Blob | Uint8Array;
  readonly state: UploadState;
  readonly progress: TaskProgress;
  /**
   * Resolves when the upload is done, and rejects with the `PipelineError` of a failed or aborted one. After a failure,
   * `resume()` replaces it.
   */
  readonly result: Promise<Uploaded>;
  /**
   * Stops hashing or sending. A file that is sent resumably continues where it was; the single request of another one
   * is broken off and repeated whole by `resume()`.
   */
  pause(): void;
  /** Continues a paused task, and tries a failed one again. */
  resume(): void;
  /**
   * Ends the task and deletes the document that it registered, so that nothing half-sent stays with the user. Resolves
   * when that is over, and never rejects: if the document could not be deleted, `snapshot().error` says so
   * (`not_removed`), and the registration expires by itself.
   */
  abort(): Promise<void>;
  snapshot(): UploadSnapshot;
  /** Calls the listener after each change of the snapshot, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

/** Options of a task; it has `abort()` in place of a signal, and `subscribe()` in place of `onProgress`. */
export type UploadTaskOptions = Omit<UploadOptions, "signal" | "onProgress">;

/** A file of a batch, alone or with options that precede those of the batch. */
export type BatchItem = File | { file: Blob | Uint8Array } & UploadTaskOptions;

export interface UploadAllOptions extends Omit<UploadTaskOptions, "filename"> {
  /** How many files are sent at once; by default 2. Each may be in memory once. */
  atOnce?: number;
}

/** The outcome of one file of a batch. */
export type BatchOutcome =
  | { id: string; file: Blob | Uint8Array; filename: string; ok: true; uploaded: Uploaded }
  | { id: string; file: Blob | Uint8Array; filename: string; ok: false; error: PipelineError };

/** A batch at one moment. */
export interface BatchSnapshot {
  /** `paused` by `pause()`, or by what `error` says; `idle` when no task is left to run. */
  state: "running" | "paused" | "idle";
  tasks: readonly UploadSnapshot[];
  /** All files together. */
  progress: TaskProgress;
  /**
   * Why the files that have not been sent are paused: a limit such as `daily_limit` (see its `retryAfter`),
   * `session_expired`, `user_changed` or `consent_required`.
   */
  error: PipelineError | null;
}

/** Several files, a few at a time. A failed file does not stop the others. */
export interface UploadBatch {
  readonly tasks: readonly UploadTask[];
  /**
   * Resolves when no task is running or waiting; never rejects. Has an outcome for each file, in order; those that a
   * limit paused have its error, and `resume()` continues with them.
   */
  readonly result: Promise<BatchOutcome[]>;
  /** Appends files. */
  add(files: Iterable<BatchItem>): UploadTask[];
  pause(): void;
  resume(): void;
  /** Aborts every task that is not done. */
  abort(): Promise<void>;
  /** Forgets the tasks that are done, aborted or failed; what a failed one registered is deleted. */
  clear(): void;
  snapshot(): BatchSnapshot;
  subscribe(listener: () => void): () => void;
}
