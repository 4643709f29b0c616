import type { AdvisorException } from "./advisors.ts";

/** Accepted findings of Supabase's advisors. One that no longer occurs fails the check, as a new finding does. */
export const ADVISOR_EXCEPTIONS: AdvisorException[] = [
  {
    lint: "rls_enabled_no_policy",
    subject: "pipeline_internal.*",
    reason: "Closed to all roles on purpose: even a mistaken grant would show no row.",
  },
  {
    lint: "unindexed_foreign_keys",
    subject: "upload_pipeline.upload_jobs.upload_jobs_document_id_user_id_fkey",
    reason: "document_id is indexed, and determines the row.",
  },
  {
    lint: "unindexed_foreign_keys",
    subject: "upload_pipeline.document_chunks.document_chunks_document_id_user_id_fkey",
    reason: "An index begins with document_id, which determines the user.",
  },
  {
    lint: "unindexed_foreign_keys",
    subject: "pipeline_internal.pending_chunks.pending_chunks_document_id_user_id_fkey",
    reason: "An index begins with document_id, which determines the user.",
  },
  {
    lint: "unindexed_foreign_keys",
    subject: "pipeline_internal.pending_vectors.pending_vectors_document_id_user_id_fkey",
    reason: "An index begins with document_id, which determines the user.",
  },
  {
    lint: "unindexed_foreign_keys",
    subject: "upload_pipeline.events.events_document_id_user_id_fkey",
    reason: "An index begins with document_id, which determines the user.",
  },
  {
    lint: "unindexed_foreign_keys",
    subject: "pipeline_internal.stages.*",
    reason: "Four rows.",
  },
  {
    lint: "unindexed_foreign_keys",
    subject: "pipeline_internal.transitions.*",
    reason: "About thirty rows; the referenced words are never deleted.",
  },
  {
    lint: "unused_index",
    subject: "*",
    reason: "A new database has used no index; check one that has been in use.",
  },
];
