import { asUser, type Claims, type Sql } from "../../_shared/database.ts";
import type { State, Status, Warning } from "../vocabulary.ts";

/** A document with its job, as its owner's export contains it. */
export interface ExportedDocument {
  document_id: string;
  filename: string;
  filename_full: string;
  policy_id: string | null;
  mime: string;
  bytes_len: number;
  file_sha256: string;
  page_count: number | null;
  title: string | null;
  language: string | null;
  warnings: Warning[];
  created_at: Date;
  updated_at: Date;
  /** Null until its bytes are verified. */
  original_path: string | null;
  parsed_path: string | null;
  job_id: string;
  status: Status;
  state: State;
  retry_count: number;
  ocr: boolean;
  last_error: { code: string; message: string; reference?: string } | null;
  job_created_at: Date;
  job_updated_at: Date;
}

export interface ExportedEvent {
  event_id: string;
  event: string;
  status: string;
  stage: string | null;
  code: string | null;
  message: string | null;
  attempt: number | null;
  created_at: Date;
}

export interface ExportedChunk {
  chunk_id: string;
  ord: number;
  page_from: number | null;
  page_to: number | null;
  heading_path: string[];
  text: string;
}

/** A row of a table that an export contains unchanged, and the position at which the next rows begin. */
export interface ExportedRow {
  sort_key: string;
  data: Record<string, unknown>;
}

/** The names of those tables. */
export async function exportedTables(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select name from pipeline_internal.exported_tables()`;
  return rows.map(({ name }) => name);
}

/** The user's rows of one of those tables, after the position `after`; null to begin. */
export async function exportedRows(
  sql: Sql,
  userId: string,
  table: string,
  after: string | null,
  limit: number,
): Promise<ExportedRow[]> {
  return await sql<ExportedRow[]>`
    select sort_key, data
    from pipeline_internal.exported_rows(${userId}::uuid, ${table}::text, ${after}::text, ${limit}::int)`;
}

/**
 * The user's documents in the order of their ids.
 * @param after the id of the last document of the page before; null to begin
 */
export async function exportedDocuments(
  sql: Sql,
  claims: Claims,
  after: string | null,
  limit: number,
): Promise<ExportedDocument[]> {
  const rows = await asUser(
    sql,
    claims,
    (tx) =>
      tx<ExportedDocument[]>`
    select d.document_id, d.filename, coalesce(d.filename_full, d.filename) as filename_full, d.policy_id, d.mime, d.bytes_len,
           d.file_sha256, d.page_count, d.title, d.language, d.warnings, d.created_at, d.updated_at,
           case when d.verified_at is not null then d.original_path end as original_path, d.parsed_path,
           j.job_id, j.status, j.state, j.retry_count, j.ocr, j.last_error,
           j.created_at as job_created_at, j.updated_at as job_updated_at
    from upload_pipeline.documents d
    join upload_pipeline.upload_jobs j using (document_id)
    where ${after}::uuid is null or d.document_id > ${after}::uuid
    order by d.document_id
    limit ${limit}`,
  );
  return rows.map((row) => ({ ...row, bytes_len: Number(row.bytes_len) }));
}

export async function exportedEvents(
  sql: Sql,
  claims: Claims,
  documentId: string,
): Promise<ExportedEvent[]> {
  return await asUser(
    sql,
    claims,
    (tx) =>
      tx<ExportedEvent[]>`
    select event_id, type as event, status, stage, code, message, attempt, created_at
    from upload_pipeline.events
    where document_id = ${documentId}::uuid
    order by event_no`,
  );
}

/** The chunks of the active version, in order, after the one at `after`; -1 to begin. */
export async function exportedChunks(
  sql: Sql,
  claims: Claims,
  documentId: string,
  after: number,
  limit: number,
): Promise<ExportedChunk[]> {
  return await asUser(
    sql,
    claims,
    (tx) =>
      tx<ExportedChunk[]>`
    select chunk_id, chunk_ord as ord, page_from, page_to, heading_path, text
    from upload_pipeline.document_chunks
    where document_id = ${documentId}::uuid and chunk_ord > ${after}
    order by chunk_ord
    limit ${limit}`,
  );
}
