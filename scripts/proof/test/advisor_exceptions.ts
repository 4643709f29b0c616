import type { AdvisorException } from "./advisors.ts";

/** What Supabase's advisors find and we leave as it is. One that no longer occurs fails the check, as a new finding does. */
export const ADVISOR_EXCEPTIONS: AdvisorException[] = [
  {
    lint: "rls_enabled_no_policy",
    subject: "pipeline_internal.*",
    reason:
      "Closed to everyone on purpose: a grant made by mistake would still show nothing.",
  },
  {
    lint: "unindexed_foreign_keys",
    subject: "upload_pipeline.upload_jobs.upload_jobs_document_id_user_id_fkey",
    reason: "document_id is indexed, and alone it says which row.",
  },
  {
    lint: "unindexed_foreign_keys",
    subject:
      "upload_pipeline.document_chunks.document_chunks_document_id_user_id_fkey",
    reason: "An index begins with document_id, which determines the user.",
  },
  {
    lint: "unindexed_foreign_keys",
    subject:
      "pipeline_internal.pending_chunks.pending_chunks_document_id_user_id_fkey",
    reason: "An index begins with document_id, which determines the user.",
  },
  {
    lint: "unindexed_foreign_keys",
    subject:
      "pipeline_internal.pending_vectors.pending_vectors_document_id_user_id_fkey",
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
    reason: "Some thirty rows; the words they refer to are never deleted.",
  },
  {
    lint: "unused_index",
    subject: "*",
    reason:
      "A database that has just been made has used none; ask one that has been in use.",
  },
];
