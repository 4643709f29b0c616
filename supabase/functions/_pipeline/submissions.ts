import type { Sql } from "../_shared/database.ts";
import { leaseOf } from "./leases.ts";
import type { Lease } from "./stage.ts";

/** What the database remembers of a document's visits to LlamaParse. */
export interface Submissions {
  /**
   * Records the intent to submit. `isNew` is false when an earlier attempt recorded it and may have submitted.
   * @returns null if the lease was lost
   */
  begin(
    lease: Lease,
  ): Promise<
    { submissionId: string; requestedAt: Date; isNew: boolean } | null
  >;
  current(
    jobId: string,
  ): Promise<
    { submissionId: string; providerJobId: string; isOverdue: boolean } | null
  >;
  /** How long a document may be, and how it is to be parsed. */
  bounds(): Promise<DocumentBounds>;
}

export interface DocumentBounds {
  maxPages: number;
  /** Of the parsed text, in UTF-8. */
  maxTextBytes: number;
  /** The share of the pages, 0 to 1, that may fail before the parse does. */
  maxFailedPageRatio: number;
  /** Of scans, the main one first; empty: the parser's default. */
  ocrLanguages: string[];
}

export function createSubmissions(sql: Sql): Submissions {
  return {
    async begin(lease) {
      const [row] = await sql<
        { submission_id: string; requested_at: Date; is_new: boolean }[]
      >`select * from pipeline_internal.begin_submission(${
        leaseOf(sql, lease)
      })`;
      return row
        ? {
          submissionId: row.submission_id,
          requestedAt: row.requested_at,
          isNew: row.is_new,
        }
        : null;
    },

    async current(jobId) {
      const [row] = await sql<
        {
          submission_id: string;
          provider_job_id: string;
          is_overdue: boolean;
        }[]
      >`select * from pipeline_internal.current_submission(${jobId})`;
      return row
        ? {
          submissionId: row.submission_id,
          providerJobId: row.provider_job_id,
          isOverdue: row.is_overdue,
        }
        : null;
    },

    async bounds() {
      const [bounds] = await sql<DocumentBounds[]>`
        select max_pages as "maxPages", max_text_bytes as "maxTextBytes",
               max_failed_page_ratio as "maxFailedPageRatio", ocr_languages as "ocrLanguages"
        from pipeline_internal.limits`;
      return bounds;
    },
  };
}
