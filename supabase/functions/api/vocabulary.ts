/** The statuses of a document's job, as in `upload_pipeline.statuses`. */
export const STATUSES = [
  "awaiting_upload",
  "uploaded",
  "parse_queued",
  "parsed",
  "parse_validated",
  "chunking",
  "chunks_stored",
  "embedding_queued",
  "embedding_in_progress",
  "embeddings_stored",
  "complete",
  "duplicate",
  "expired",
  "failed_parse",
  "failed_chunking",
  "failed_embedding",
] as const;
export type Status = typeof STATUSES[number];

/**
 * The states of a job: it waits, a worker has it, it failed for now, or it has
 * ended.
 */
export const STATES = [
  "queued",
  "working",
  "retryable",
  "done",
  "deadletter",
] as const;
export type State = typeof STATES[number];

/**
 * The warnings of a complete document: pages that were not read, have no text,
 * or were cut off.
 */
export const WARNINGS = ["PAGES_UNREAD", "PAGES_EMPTY", "PAGES_CUT"] as const;

/** A row of a document's `warnings`. */
export interface Warning {
  code: typeof WARNINGS[number];
  message: string;
  /** Numbers from 1, ascending. */
  pages?: number[];
}

/**
 * An error as the document's owner sees it. The reference is the id of the
 * failure event, by which operators find the history.
 */
export function errorForUser(
  { code, message, reference }: {
    code: string;
    message: string;
    reference?: string;
  },
) {
  if (!reference) return { code, message };
  return { code, message: `${message} (Reference: ${reference})`, reference };
}
