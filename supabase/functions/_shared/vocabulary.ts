// Written by npm run generate from the database's own words. Change the migrations, not this file.

/** The statuses of a document's job: `upload_pipeline.statuses`. */
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
export const STATES = ["queued", "working", "retryable", "done", "deadletter"] as const;
export type State = typeof STATES[number];

/** The stages, in the order in which a document passes through them: `pipeline_internal.stages`. */
export const STAGES = ["parse", "fetch_result", "chunk", "embed"] as const;
export type StageName = typeof STAGES[number];
