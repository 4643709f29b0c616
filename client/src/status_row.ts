import type { DocumentStatus } from "./answers.ts";
import type { Database } from "./database.types.ts";

type Row = Database["upload_pipeline"]["Views"]["document_status"]["Row"];

/** A row of the view `upload_pipeline.document_status`, with the columns that the API returns. */
export type StatusRow = Omit<Row, "user_id" | "retry_count">;

export const STATUS_COLUMNS =
  "document_id, job_id, filename, filename_full, status, state, stage_pct, total_pct, created_at, updated_at, bytes_len, mime, " +
  "policy_id, next_attempt_at, queue_position, waiting_for, last_error, warnings, title";

/** The status route's response for this row. */
export function statusOf(row: StatusRow): DocumentStatus {
  const { stage_pct, total_pct, last_error, ...rest } = row;
  const {
    policy_id,
    next_attempt_at,
    queue_position,
    waiting_for,
    title,
    ...always
  } = rest;
  return {
    ...always,
    progress: { stage_pct, total_pct },
    created_at: instant(row.created_at),
    updated_at: instant(row.updated_at),
    ...(policy_id !== null && { policy_id }),
    ...(next_attempt_at && { next_attempt_at: instant(next_attempt_at) }),
    ...(queue_position && { queue_position }),
    ...(waiting_for && { waiting_for }),
    ...(last_error && { last_error: describedError(last_error) }),
    ...(title && { title }),
  };
}

/** The error as the API words it. */
export function describedError(error: NonNullable<StatusRow["last_error"]>): NonNullable<DocumentStatus["last_error"]> {
  const { message, reference } = error;
  return { ...error, message: reference ? `${message} (Reference: ${reference})` : message };
}

/** The Data API writes times to the microsecond and with an offset; the API's are in UTC and milliseconds. */
function instant(text: string): string {
  return new Date(text).toISOString();
}
