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
  /** How long a document may be. */
  bounds(): Promise<DocumentBounds>;
  /** The full name that the document was given, and the types that are taken. */
  naming(
    documentId: string,
  ): Promise<{ filename: string; allowedMimeTypes: string[] }>;
  /**
   * The document's bytes are of another type than was announced.
   * @returns false if the lease was lost
   */
  correctType(lease: Lease, mime: string): Promise<boolean>;
}

export interface DocumentBounds {
  maxPages: number;
  /** Of the parsed text, in UTF-8. */
  maxTextBytes: number;
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
        select max_pages as "maxPages", max_text_bytes as "maxTextBytes" from pipeline_internal.limits`;
      return bounds;
    },

    async naming(documentId) {
      const [row] = await sql<
        { filename: string; allowedMimeTypes: string[] }[]
      >`
        select coalesce(d.filename_full, d.filename) as filename, l.allowed_mime_types as "allowedMimeTypes"
        from upload_pipeline.documents d, pipeline_internal.limits l
        where d.document_id = ${documentId}::uuid`;
      return row ?? { filename: "", allowedMimeTypes: [] };
    },

    async correctType(lease, mime) {
      const [row] = await sql<{ corrected: boolean }[]>`
        select pipeline_internal.correct_type(${leaseOf(sql, lease)}, ${mime}::text) as corrected`;
      return row.corrected;
    },
  };
}
