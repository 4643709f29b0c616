import { reasonOf, throwIfAborted } from "./abort.ts";
import type { UploadProgress } from "./put_bytes.ts";
import { createTask, type TaskContext } from "./run_upload.ts";

export interface UploadOptions {
  /** The file's name; required for a `Blob` that is no `File`. */
  filename?: string;
  /** The type as the sender names it, if not the file's own; the file's content and name take precedence. */
  mime?: string;
  /** Whether the parser reads text in pictures. */
  ocr?: boolean;
  /** A reference of your own system; the document's status returns it. */
  policyId?: string;
  onProgress?: (progress: UploadProgress) => void;
  signal?: AbortSignal;
}

export type Uploaded =
  | { duplicate: false; documentId: string; jobId: string }
  /** The same bytes are already in processing or complete, as this document. */
  | { duplicate: true; documentId: string };

/** Three attempts in a few seconds; a longer wait is left to the caller. */
const RETRY_POLICY = { delaysMs: [500, 1_000], longestDelaySeconds: 10, waitsForNetwork: false };

/**
 * Registers a file and sends it, and retries what is interrupted: registering the same bytes again returns the same
 * document and a new URL, in this call or in a later one. The signal stops it and keeps what is registered and sent.
 * @throws {PipelineError} when the API or Storage refuses, or after three attempts
 */
export async function upload(
  context: TaskContext,
  file: Blob | Uint8Array,
  { onProgress, signal, ...options }: UploadOptions,
): Promise<Uploaded> {
  throwIfAborted(signal);
  const task = createTask({ ...context, retryPolicy: RETRY_POLICY, askMaxFileBytes: undefined }, file, options);
  let last = 0;
  task.subscribe(() => {
    const { state, progress: { sent: sentBytes, total: totalBytes } } = task.snapshot();
    if (sentBytes === last || state === "aborted") return;
    last = sentBytes;
    onProgress?.({ sentBytes, totalBytes });
  });
  const stop = () => task.stop(reasonOf(signal!));
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await task.result;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
