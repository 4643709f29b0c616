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

/** The states of a job: whether it waits, is worked on, failed for now, or is over. */
export const STATES = [
  "queued",
  "working",
  "retryable",
  "done",
  "deadletter",
] as const;
export type State = typeof STATES[number];

/** What a complete document's owner is warned of: pages that were not read, have no text, or were cut off. */
export const WARNINGS = ["PAGES_UNREAD", "PAGES_EMPTY", "PAGES_CUT"] as const;

/** A row of a document's `warnings`. */
export interface Warning {
  code: typeof WARNINGS[number];
  message: string;
  /** Numbers from 1, ascending. */
  pages?: number[];
}

/** An error as its owner sees it: the reference is the id under which the events tell operators the whole story. */
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
