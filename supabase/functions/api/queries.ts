import { asUser, type Claims, type Sql } from "../_shared/database.ts";
import { toVectorLiteral } from "../_shared/openai.ts";

/** The limits in force; sizes in bytes, times in seconds. */
export interface Limits {
  max_file_bytes: number;
  max_pages: number;
  documents_in_work_per_user: number;
  uploads_per_user_per_day: number;
  status_polls_per_minute: number;
  requests_per_user_per_hour: number;
  upload_url_seconds: number;
  allowed_mime_types: string[];
}

export interface UploadToRegister {
  userId: string;
  filename: string;
  mime: string;
  bytesLen: number;
  sha256: string;
  ocr: boolean;
  requestId: string;
}

/** What became of a registration; `created` and `resumed` await the bytes at `rawPath`. */
export type Registration =
  | {
    outcome: "created" | "resumed";
    jobId: string;
    documentId: string;
    rawPath: string;
  }
  | {
    outcome: "duplicate";
    documentId: string;
    filename: string;
    lastUploaded: Date;
  }
  | { outcome: "too_large"; limit: number }
  | { outcome: "unsupported_type" }
  | { outcome: "daily_limit"; limit: number; retryAfterSeconds: number };

export interface DocumentStatus {
  document_id: string;
  filename: string;
  mime: string;
  bytes_len: number;
  job_id: string;
  status: string;
  state: string;
  stage_pct: number;
  total_pct: number;
  retry_count: number;
  next_attempt_at: Date | null;
  /** Why it waits, if not for a worker: a code. */
  waiting_for: string | null;
  /** Among the user's own documents that stand in line; 1 is next. */
  queue_position: number | null;
  last_error: { code: string; message: string; reference?: string } | null;
  created_at: Date;
  updated_at: Date;
}

export type SearchMode = "hybrid" | "vector" | "text";

export interface ChunkSearch {
  /** 1536 numbers; null for mode `text`. */
  embedding: Float32Array | null;
  text: string;
  count: number;
  /** Null searches all of the user's documents. */
  documentIds: string[] | null;
  mode: SearchMode;
}

export interface FoundChunk {
  chunk_id: string;
  document_id: string;
  filename: string;
  page: number | null;
  heading_path: string[];
  content: string;
  score: number;
}

export interface Health {
  oldest_message_seconds: number | null;
  waiting_messages: number;
  dead_letter_jobs: number;
  /** Providers that are not asked for the time being. */
  open_circuits: string[];
  migration: string | null;
}

/** Everything that the API asks of the database. */
export interface ApiQueries {
  limits(): Promise<Limits>;
  registerUpload(upload: UploadToRegister): Promise<Registration>;
  /** Null for a document that does not exist and for another user's alike. */
  documentStatus(
    claims: Claims,
    documentId: string,
  ): Promise<DocumentStatus | null>;
  searchChunks(claims: Claims, search: ChunkSearch): Promise<FoundChunk[]>;
  /** Given up when the signal fires. */
  health(signal: AbortSignal): Promise<Health>;
}

export function createApiQueries(sql: Sql): ApiQueries {
  return {
    limits: () => limits(sql),
    registerUpload: (upload) => registerUpload(sql, upload),
    documentStatus: (claims, id) => documentStatus(sql, claims, id),
    searchChunks: (claims, search) => searchChunks(sql, claims, search),
    health: (signal) => health(sql, signal),
  };
}

async function limits(sql: Sql): Promise<Limits> {
  const [row] = await sql`
    select max_file_bytes, max_pages, documents_in_work_per_user, uploads_per_user_per_day,
           status_polls_per_minute, requests_per_user_per_hour, upload_url_seconds, allowed_mime_types
    from pipeline_internal.limits`;
  if (!row) throw new Error("pipeline_internal.limits is empty");
  return { ...row, max_file_bytes: Number(row.max_file_bytes) } as Limits;
}

async function registerUpload(
  sql: Sql,
  upload: UploadToRegister,
): Promise<Registration> {
  const [row] = await sql`
    select outcome, job_id, document_id, raw_path, filename, last_uploaded, limit_value, retry_after_seconds
    from pipeline_internal.register_upload(
      ${upload.userId}::uuid, ${upload.filename}::text, ${upload.mime}::text, ${upload.bytesLen}::bigint,
      ${upload.sha256}::text, ${upload.ocr}::boolean, ${upload.requestId}::text)`;
  switch (row?.outcome) {
    case "created":
    case "resumed":
      return {
        outcome: row.outcome,
        jobId: row.job_id,
        documentId: row.document_id,
        rawPath: row.raw_path,
      };
    case "duplicate":
      return {
        outcome: "duplicate",
        documentId: row.document_id,
        filename: row.filename,
        lastUploaded: row.last_uploaded,
      };
    case "too_large":
      return { outcome: "too_large", limit: Number(row.limit_value) };
    case "unsupported_type":
      return { outcome: "unsupported_type" };
    case "daily_limit":
      return {
        outcome: "daily_limit",
        limit: Number(row.limit_value),
        retryAfterSeconds: row.retry_after_seconds,
      };
    default:
      throw new Error(`register_upload answered ${row?.outcome}`);
  }
}

async function documentStatus(
  sql: Sql,
  claims: Claims,
  documentId: string,
): Promise<DocumentStatus | null> {
  const [row] = await asUser(
    sql,
    claims,
    (tx) =>
      tx`
    select document_id, filename, mime, bytes_len, job_id, status, state, stage_pct, total_pct, retry_count,
           next_attempt_at, waiting_for, queue_position, last_error, created_at, updated_at
    from upload_pipeline.document_status
    where document_id = ${documentId}::uuid`,
  );
  if (!row) return null;
  return {
    ...row,
    bytes_len: Number(row.bytes_len),
    stage_pct: Number(row.stage_pct),
    total_pct: Number(row.total_pct),
  } as DocumentStatus;
}

async function searchChunks(
  sql: Sql,
  claims: Claims,
  search: ChunkSearch,
): Promise<FoundChunk[]> {
  const embedding = search.embedding && toVectorLiteral(search.embedding);
  const rows = await asUser(
    sql,
    claims,
    (tx) =>
      tx<FoundChunk[]>`
    select chunk_id, document_id, filename, page, heading_path, content, score
    from upload_pipeline.search_chunks(
      ${embedding}::extensions.vector(1536), ${search.text}::text, ${search.count}::int,
      ${search.documentIds}::uuid[], ${search.mode}::text)`,
  );
  return [...rows];
}

async function health(sql: Sql, signal: AbortSignal): Promise<Health> {
  const query = sql`
    select oldest_message_seconds, waiting_messages, dead_letter_jobs, open_circuits, migration
    from pipeline_internal.health_summary()`;
  const cancel = () => query.cancel();
  signal.addEventListener("abort", cancel);
  try {
    const [row] = await query;
    return {
      oldest_message_seconds: row.oldest_message_seconds,
      waiting_messages: Number(row.waiting_messages),
      dead_letter_jobs: Number(row.dead_letter_jobs),
      open_circuits: row.open_circuits,
      migration: row.migration,
    };
  } finally {
    // A cancellation that comes late would hit whatever its connection does next.
    signal.removeEventListener("abort", cancel);
  }
}
