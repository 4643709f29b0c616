import type postgres from "postgres";
import type { Origin } from "../../_shared/audit.ts";
import { asUser, type Claims, type Sql, type Transaction } from "../../_shared/database.ts";
import { type RateLimitRow, type RateLimitState, toRateLimit } from "../rate_limit.ts";
import type { State, Status, Warning } from "../vocabulary.ts";

export const DOCUMENT_ORDERS = [
  "created_at",
  "updated_at",
  "filename",
] as const;
export type DocumentOrder = typeof DOCUMENT_ORDERS[number];

export interface DocumentStatus {
  document_id: string;
  filename: string;
  filename_full: string;
  policy_id: string | null;
  mime: string;
  bytes_len: number;
  job_id: string;
  status: Status;
  state: State;
  stage_pct: number;
  total_pct: number;
  retry_count: number;
  next_attempt_at: Date | null;
  /** The code of the reason why it waits, if not for a worker. */
  waiting_for: string | null;
  /** The position in the user queue; 1 is next. */
  queue_position: number | null;
  last_error: { code: string; message: string; reference?: string } | null;
  warnings: Warning[];
  /** The title in the document itself. */
  title: string | null;
  created_at: Date;
  updated_at: Date;
}

export interface DocumentListing {
  sort: DocumentOrder;
  descending: boolean;
  limit: number;
  /** The position of the last document that was listed; the page begins after it. */
  after: Place | null;
  status: string | null;
  state: string | null;
  /** A part of the full file name, ignoring case and accents. */
  filenamePart: string | null;
}

/** The position of a document in a list. */
export interface Place {
  /** The sort key: a full file name, or a time to the microsecond (ISO 8601), finer than a `Date`. */
  value: string;
  documentId: string;
}

export type ListedDocument = DocumentStatus & { place: Place };

/** The paths of a document's files; null where there is no file. */
export interface DocumentFiles {
  filename: string;
  status: string;
  /** Null until its bytes are verified. */
  original_path: string | null;
  parsed_path: string | null;
}

/** The rest of a user's rate limit for polls, and the document's status if the limit allowed the poll. */
export interface PolledStatus {
  rateLimit: RateLimitState;
  /** Null for a document that does not exist or belongs to another user. */
  status: DocumentStatus | null;
}

/** Counts the poll and answers it, in one statement, because it is the most frequent request. */
export async function pollStatus(
  sql: Sql,
  claims: Claims,
  documentId: string,
): Promise<PolledStatus> {
  const [row] = await sql<
    (RateLimitRow & (DocumentStatus | { document_id: null }))[]
  >`
    select t.limit_name, t.allowed, t.limit_value, t.remaining, t.reset_seconds, s.*
    from pipeline_internal.consume_request(${claims.sub}::uuid, ${documentId}::uuid) t
    cross join lateral pipeline_internal.document_status_for(
      ${sql.json(claims as postgres.JSONValue)}::jsonb,
      case when t.allowed then ${documentId}::uuid end) s`;
  return {
    rateLimit: toRateLimit(row),
    status: row.document_id === null ? null : asStatus(row),
  };
}

/** The user's documents from a position on. */
export async function listDocuments(
  sql: Sql,
  claims: Claims,
  listing: DocumentListing,
): Promise<ListedDocument[]> {
  const { sort, descending, after, status, state, filenamePart } = listing;
  const rows = await asUser(sql, claims, (tx) => {
    const key = {
      filename: tx`filename_full collate upload_pipeline.reading_order`,
      created_at: tx`created_at`,
      updated_at: tx`updated_at`,
    }[sort];
    // A Date would lose the microseconds, so times travel as text, bypassing the driver's types.
    const keyText = sort === "filename"
      ? tx`filename_full`
      : tx`to_char(${key} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
    const keyOf = (value: string) => sort === "filename" ? tx`${value}::text` : tx`${value}::text::timestamptz`;
    const direction = descending ? tx`desc` : tx`asc`;
    const beyond = descending ? tx`<` : tx`>`;
    return tx<(DocumentStatus & { place_value: string })[]>`
      select ${statusColumns(tx)}, ${keyText} as place_value
      from upload_pipeline.document_status
      where true
        ${status === null ? tx`` : tx`and status = ${status}`}
        ${state === null ? tx`` : tx`and state = ${state}`}
        ${
      filenamePart === null
        ? tx``
        : tx`and strpos(upload_pipeline.fold_name(filename_full), upload_pipeline.fold_name(${filenamePart}::text)) > 0`
    }
        ${
      after === null ? tx`` : tx`and (${key}, document_id) ${beyond} (${keyOf(after.value)}, ${after.documentId}::uuid)`
    }
      order by ${key} ${direction}, document_id ${direction}
      limit ${listing.limit}`;
  });
  return rows.map(({ place_value, ...row }) => ({
    ...asStatus(row),
    place: { value: place_value, documentId: row.document_id },
  }));
}

/** Null for a document that does not exist or belongs to another user. */
export async function documentFiles(
  sql: Sql,
  claims: Claims,
  documentId: string,
): Promise<DocumentFiles | null> {
  const [row] = await asUser(
    sql,
    claims,
    (tx) =>
      tx<DocumentFiles[]>`
    select d.filename, j.status, case when d.verified_at is not null then d.original_path end as original_path, d.parsed_path
    from upload_pipeline.documents d
    join upload_pipeline.upload_jobs j using (document_id)
    where d.document_id = ${documentId}::uuid`,
  );
  return row ?? null;
}

/** False, changing nothing, if the user has no such document. */
export async function deleteDocument(
  sql: Sql,
  userId: string,
  documentId: string,
  { requestId, network }: Origin,
): Promise<boolean> {
  const [row] = await sql<{ deleted: boolean }[]>`
    select pipeline_internal.delete_document(
      ${userId}::uuid, ${documentId}::uuid, ${requestId}::text, ${network}::cidr) as deleted`;
  return row.deleted;
}

/**
 * Deletes all current documents of the user, one transaction each: a transaction that locked several could deadlock
 * with a worker.
 */
export async function deleteDocuments(
  sql: Sql,
  userId: string,
  origin: Origin,
): Promise<void> {
  const rows = await sql<{ document_id: string }[]>`
    select document_id from upload_pipeline.documents where user_id = ${userId}::uuid`;
  for (const { document_id } of rows) {
    await deleteDocument(sql, userId, document_id, origin);
  }
}

function statusColumns(tx: Transaction) {
  return tx`
    document_id, filename, filename_full, policy_id, mime, bytes_len, job_id, status, state, stage_pct, total_pct, retry_count,
    next_attempt_at, waiting_for, queue_position, last_error, warnings, title, created_at, updated_at`;
}

function asStatus(row: DocumentStatus): DocumentStatus {
  return {
    ...row,
    bytes_len: Number(row.bytes_len),
    stage_pct: Number(row.stage_pct),
    total_pct: Number(row.total_pct),
  };
}
