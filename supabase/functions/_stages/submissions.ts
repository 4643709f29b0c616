import { leaseOf } from "../_engine/leases.ts";
import type { Lease } from "../_engine/stage.ts";
import type { Naming } from "../_inspect/type_of.ts";
import type { Sql } from "../_shared/database.ts";
import type { Warning } from "./page_warnings.ts";

/** What LlamaParse is asked to parse. */
export interface Reading {
  submissionId: string;
  /** Numbers from 1; null: all. */
  pages: number[] | null;
  ocr: boolean;
}

/** A document's open submission to LlamaParse. */
export interface Submission extends Reading {
  providerJobId: string;
  /** Whether these are the pages that the previous submission failed on. */
  isPageReparse: boolean;
  /** The document's warnings from earlier parses. */
  warnings: Warning[];
  isOverdue: boolean;
}

/** The submissions of documents to LlamaParse. */
export interface Submissions {
  /**
   * Records that the original is verified and of this type, and the intent to submit it. `isNew` is false if an earlier
   * attempt recorded the intent and may have submitted.
   * @param pageCount as the file states; null if it does not
   * @returns null if the lease was lost; `waitSeconds`, and nothing is recorded, if the owner's daily pages are used up
   */
  begin(
    lease: Lease,
    mime: string,
    pageCount: number | null,
  ): Promise<
    | (Reading & { requestedAt: Date; isNew: boolean; waitSeconds: null })
    | { waitSeconds: number }
    | null
  >;
  current(jobId: string): Promise<Submission | null>;
  /** How long a document may be, and how it is parsed. */
  bounds(): Promise<DocumentBounds>;
  naming(documentId: string): Promise<Naming>;
  /**
   * Records that the original is verified and of this type, if it is not submitted.
   * @returns false if the lease was lost
   */
  accept(lease: Lease, mime: string): Promise<boolean>;
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
    async begin(lease, mime, pageCount) {
      const [row] = await sql<
        (Reading & { requestedAt: Date; isNew: boolean; waitSeconds: null })[]
      >`
        select submission_id as "submissionId", requested_at as "requestedAt", is_new as "isNew", pages, ocr,
               wait_seconds as "waitSeconds"
        from pipeline_internal.begin_submission(${leaseOf(sql, lease)}, ${mime}::text, ${pageCount}::int)`;
      return row ?? null;
    },

    async current(jobId) {
      const [row] = await sql<Submission[]>`
        select submission_id as "submissionId", provider_job_id as "providerJobId", pages, ocr,
               is_page_reparse as "isPageReparse", warnings, is_overdue as "isOverdue"
        from pipeline_internal.current_submission(${jobId})`;
      return row ?? null;
    },

    async bounds() {
      const [bounds] = await sql<DocumentBounds[]>`
        select max_pages as "maxPages", max_text_bytes as "maxTextBytes",
               max_failed_page_ratio as "maxFailedPageRatio", ocr_languages as "ocrLanguages"
        from pipeline_internal.limits`;
      return bounds;
    },

    async naming(documentId) {
      const [row] = await sql<Naming[]>`
        select coalesce(d.filename_full, d.filename) as filename, l.allowed_mime_types as "allowedMimeTypes"
        from upload_pipeline.documents d, pipeline_internal.limits l
        where d.document_id = ${documentId}::uuid`;
      return row ?? { filename: "", allowedMimeTypes: [] };
    },

    async accept(lease, mime) {
      const [row] = await sql<{ accepted: boolean }[]>`
        select pipeline_internal.accept_original(${leaseOf(sql, lease)}, ${mime}::text) as accepted`;
      return row.accepted;
    },
  };
}
