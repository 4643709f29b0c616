import type { DocumentStatus } from "supabase-document-pipeline-client";
import { isActive } from "./steps.ts";

/** The documents that came to an end between two looks at a list, in which they were already active. */
export interface News {
  ready: DocumentStatus[];
  failed: DocumentStatus[];
}

export function newsOf(before: readonly DocumentStatus[], after: readonly DocumentStatus[]): News {
  const active = new Set(before.filter(isActive).map(({ document_id }) => document_id));
  const ended = after.filter((document) => active.has(document.document_id) && !isActive(document));
  return {
    ready: ended.filter(({ status }) => status === "complete"),
    failed: ended.filter(({ status }) => status !== "complete"),
  };
}
