import type postgres from "postgres";
import type { Origin } from "../../_shared/audit.ts";
import type { Sql } from "../../_shared/database.ts";
import type { Row } from "../../_shared/database.types.ts";
import { type RateLimitRow, type RateLimitState, toRateLimit } from "../rate_limit.ts";

type LimitRow = Pick<
  Row<"pipeline_internal", "limits">,
  | "max_file_bytes"
  | "max_pages"
  | "active_documents_per_user"
  | "uploads_per_user_per_day"
  | "pages_per_user_per_day"
  | "documents_per_user"
  | "bytes_per_user"
  | "status_polls_per_minute"
  | "requests_per_user_per_hour"
  | "upload_url_seconds"
  | "allowed_mime_types"
  | "required_consent_version"
>;
type Size = "max_file_bytes" | "bytes_per_user";

/** The limits in force that users may know; sizes in bytes, times in seconds. */
export type Limits = Omit<LimitRow, Size> & Record<Size, number>;

export interface UploadToRegister {
  userId: string;
  filename: string;
  /** Set if `filename` is shortened. */
  filenameFull?: string;
  mime: string;
  bytesLen: number;
  sha256: string;
  ocr: boolean;
  policyId?: string;
  origin: Origin;
}

/** A user's usage of the limits. */
export interface Usage {
  documents: number;
  bytes: number;
  uploads_today: number;
  /** Pages submitted to the parser. */
  pages_today: number;
}

/** The error of a failed job. */
export interface FailureReason {
  code: string;
  message: string;
  reference?: string;
}

/** A user's daily limits. */
export type DailyLimit = "uploads_per_user_per_day" | "pages_per_user_per_day";

/** The outcome of a registration; `created` and `resumed` await the bytes at `rawPath`. */
export type Registration =
  | {
    outcome: "created" | "resumed";
    jobId: string;
    documentId: string;
    rawPath: string;
    /** When the upload expires. */
    expiresAt: Date;
  }
  | {
    outcome: "duplicate";
    documentId: string;
    filename: string;
    lastUploaded: Date;
  }
  /**
   * The user has these bytes already, and they failed because of the document.
   */
  | {
    outcome: "refused";
    jobId: string;
    documentId: string;
    filename: string;
    lastUploaded: Date;
    reason: FailureReason;
  }
  | { outcome: "too_large"; limit: number }
  | { outcome: "unsupported_type" }
  | { outcome: "consent_required" }
  | { outcome: "too_many_documents" | "too_many_bytes"; limit: number }
  | {
    outcome: "daily_limit";
    limitName: DailyLimit;
    limit: number;
    retryAfterSeconds: number;
  }
  | {
    outcome: "budget_spent";
    whose: "user" | "project";
    /** US cents a month. */
    limit: number;
    retryAfterSeconds: number;
  };

export async function limits(sql: Sql): Promise<Limits> {
  const [row] = await sql<LimitRow[]>`
    select max_file_bytes, max_pages, active_documents_per_user, uploads_per_user_per_day, pages_per_user_per_day,
           documents_per_user, bytes_per_user, status_polls_per_minute, requests_per_user_per_hour, upload_url_seconds, allowed_mime_types,
           required_consent_version
    from pipeline_internal.limits`;
  if (!row) throw new Error("pipeline_internal.limits is empty");
  return {
    ...row,
    max_file_bytes: Number(row.max_file_bytes),
    bytes_per_user: Number(row.bytes_per_user),
  };
}

/** What the user has used of the limits. */
export async function usage(sql: Sql, userId: string): Promise<Usage> {
  const [row] = await sql`
    select document_count, byte_count,
           coalesce((select used_count from pipeline_internal.rate_limits
                     where key = ${`uploads:${userId}`} and resets_at > now()), 0) as upload_count,
           coalesce((select used_count from pipeline_internal.rate_limits
                     where key = ${`pages:${userId}`} and resets_at > now()), 0) as page_count
    from pipeline_internal.storage_usage(${userId}::uuid)`;
  return {
    documents: Number(row.document_count),
    bytes: Number(row.byte_count),
    uploads_today: row.upload_count,
    pages_today: row.page_count,
  };
}

/** The rest of a user's rate limit, and the outcome of the registration if the limit allowed it. */
export interface CountedRegistration {
  rateLimit: RateLimitState;
  /** Null if the request was refused. */
  registration: Registration | null;
}

export async function registerUpload(
  sql: Sql,
  upload: UploadToRegister,
): Promise<Registration> {
  const [row] = await sql`
    select r.* from ${registered(sql, upload)}`;
  return asRegistration(row);
}

/** Counts the request and registers the upload, in one statement and transaction. */
export async function countAndRegisterUpload(
  sql: Sql,
  upload: UploadToRegister,
): Promise<CountedRegistration> {
  const [row] = await sql<(postgres.Row & { rate_limit: RateLimitRow })[]>`
    select to_json(t) as rate_limit, r.*
    from pipeline_internal.consume_request(${upload.userId}::uuid) t
    left join lateral (
      select r.* from ${registered(sql, upload)}
      -- A query of its own, so that the function is not called for a request that is refused.
      where t.allowed offset 0
    ) r on true`;
  return {
    rateLimit: toRateLimit(row.rate_limit),
    registration: row.outcome === null ? null : asRegistration(row),
  };
}

function registered(sql: Sql, upload: UploadToRegister) {
  return sql`
    pipeline_internal.register_upload(
      ${upload.userId}::uuid, ${upload.filename}::text, ${upload.mime}::text, ${upload.bytesLen}::bigint,
      ${upload.sha256}::text, ${upload.ocr}::boolean, ${upload.origin.requestId}::text,
      ${upload.origin.network}::cidr, ${upload.filenameFull ?? null}::text,
      ${upload.policyId ?? null}::text) r`;
}

function asRegistration(row: postgres.Row): Registration {
  switch (row.outcome) {
    case "created":
    case "resumed":
      return {
        outcome: row.outcome,
        jobId: row.job_id,
        documentId: row.document_id,
        rawPath: row.raw_path,
        expiresAt: row.upload_expires_at,
      };
    case "duplicate":
      return {
        outcome: "duplicate",
        documentId: row.document_id,
        filename: row.filename,
        lastUploaded: row.last_uploaded,
      };
    case "refused":
      return {
        outcome: "refused",
        jobId: row.job_id,
        documentId: row.document_id,
        filename: row.filename,
        lastUploaded: row.last_uploaded,
        reason: row.reason,
      };
    case "too_large":
    case "too_many_documents":
    case "too_many_bytes":
      return { outcome: row.outcome, limit: Number(row.limit_value) };
    case "unsupported_type":
    case "consent_required":
      return { outcome: row.outcome };
    default:
      return asBudgetSpent(row);
  }
}

/**
 * A paid action that was refused because the user's or the project's budget is spent.
 * @throws {Error} for any other outcome
 */
export function asBudgetSpent(
  row: postgres.Row,
): Extract<Registration, { outcome: "daily_limit" | "budget_spent" }> {
  const limit = Number(row.limit_value);
  const retryAfterSeconds: number = row.retry_after_seconds;
  switch (row.outcome) {
    case "daily_limit":
      return {
        outcome: "daily_limit",
        limitName: row.limit_name,
        limit,
        retryAfterSeconds,
      };
    case "user_budget_spent":
    case "project_budget_spent":
      return {
        outcome: "budget_spent",
        whose: row.outcome === "user_budget_spent" ? "user" : "project",
        limit,
        retryAfterSeconds,
      };
    default:
      throw new Error(`the database answered ${row.outcome}`);
  }
}
