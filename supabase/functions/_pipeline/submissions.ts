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
  finishParse(
    lease: Lease,
    submissionId: string,
    providerJobId: string,
  ): Promise<boolean>;
  current(
    jobId: string,
  ): Promise<{ providerJobId: string; isOverdue: boolean } | null>;
  pollLater(lease: Lease): Promise<boolean>;
  rejectParse(lease: Lease, code: string, message: string): Promise<boolean>;
  finishCollect(
    lease: Lease,
    parsed: { path: string; sha256: string; pageStarts: number[] },
  ): Promise<boolean>;
  /** The most pages that a document may have. */
  maxPages(): Promise<number>;
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

    async finishParse(lease, submissionId, providerJobId) {
      const [{ settled }] = await sql<{ settled: boolean }[]>`
        select pipeline_internal.finish_parse(
          ${
        leaseOf(sql, lease)
      }, ${submissionId}, ${providerJobId}) as settled`;
      return settled;
    },

    async current(jobId) {
      const [row] = await sql<
        { provider_job_id: string; is_overdue: boolean }[]
      >`select * from pipeline_internal.current_submission(${jobId})`;
      return row
        ? { providerJobId: row.provider_job_id, isOverdue: row.is_overdue }
        : null;
    },

    async pollLater(lease) {
      const [{ settled }] = await sql<{ settled: boolean }[]>`
        select pipeline_internal.poll_later(${leaseOf(sql, lease)}) as settled`;
      return settled;
    },

    async rejectParse(lease, code, message) {
      const [{ settled }] = await sql<{ settled: boolean }[]>`
        select pipeline_internal.reject_parse(
          ${leaseOf(sql, lease)}, ${code}, ${message}) as settled`;
      return settled;
    },

    async finishCollect(lease, parsed) {
      const [{ settled }] = await sql<{ settled: boolean }[]>`
        select pipeline_internal.finish_collect(
          ${leaseOf(sql, lease)}, ${parsed.path}, ${parsed.sha256},
          ${parsed.pageStarts}::int[]) as settled`;
      return settled;
    },

    async maxPages() {
      const [{ max_pages }] = await sql<{ max_pages: number }[]>`
        select max_pages from pipeline_internal.limits`;
      return max_pages;
    },
  };
}
