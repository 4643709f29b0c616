import type postgres from "postgres";
import type { Origin } from "../../_shared/audit.ts";
import type { Sql } from "../../_shared/database.ts";
import type { Status } from "../vocabulary.ts";
import { asBudgetSpent, type FailureReason, type Registration } from "./uploads.ts";

export interface ReparseRequest {
  userId: string;
  documentId: string;
  /**
   * Page numbers from 1; `unread`: those that the parser failed on; null: all.
   */
  pages: number[] | "unread" | null;
  /** Null: as each page was parsed before. */
  ocr: boolean | null;
  origin: Origin;
}

/**
 * The outcome of a reparse request. An `accepted` document is processed like an upload, and its active version answers
 * searches meanwhile.
 */
export type Reparse =
  | {
    outcome: "accepted";
    jobId: string;
    status: Status;
    /** Null: all of them. */
    pages: number[] | null;
  }
  /** There is no such document, or it is another user's. */
  | { outcome: "unknown" }
  | { outcome: "not_parsed" | "nothing_unread" }
  | { outcome: "refused"; jobId: string; reason: FailureReason }
  | { outcome: "busy"; jobId: string; status: Status }
  | { outcome: "no_such_page"; pages: number[]; pageCount: number | null }
  | Extract<Registration, { outcome: "daily_limit" | "budget_spent" }>;

/** Starts a reparse of pages of the user's document. */
export async function reparseDocument(
  sql: Sql,
  { userId, documentId, pages, ocr, origin }: ReparseRequest,
): Promise<Reparse> {
  const numbers = Array.isArray(pages) ? pages : null;
  const [row] = await sql`
    select * from pipeline_internal.reparse_document(
      ${userId}::uuid, ${documentId}::uuid, ${numbers}::int[], ${pages === "unread"}::boolean, ${ocr}::boolean,
      ${origin.requestId}::text, ${origin.network}::cidr)`;
  return asReparse(row);
}

function asReparse(row: postgres.Row): Reparse {
  switch (row.outcome) {
    case "accepted":
      return {
        outcome: "accepted",
        jobId: row.job_id,
        status: row.status,
        pages: row.pages,
      };
    case "unknown":
    case "not_parsed":
    case "nothing_unread":
      return { outcome: row.outcome };
    case "refused":
      return { outcome: "refused", jobId: row.job_id, reason: row.reason };
    case "busy":
      return { outcome: "busy", jobId: row.job_id, status: row.status };
    case "no_such_page":
      return {
        outcome: "no_such_page",
        pages: row.pages,
        pageCount: row.page_count,
      };
    default:
      return asBudgetSpent(row);
  }
}
