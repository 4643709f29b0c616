import type { DocumentStatus, TaskProgress, UploadSnapshot } from "supabase-document-pipeline-client";

/** Whether a task has ended, well or badly. */
export function isOver({ state }: Pick<UploadSnapshot, "state">): boolean {
  return state === "done" || state === "failed" || state === "aborted";
}

/**
 * Whether a task is shown among the uploads. A file that has arrived is among the documents, and one that was cancelled
 * is gone; what the user has to know remains until it is dismissed.
 */
export function isShown(task: UploadSnapshot, dismissed: ReadonlySet<string>): boolean {
  if (dismissed.has(task.id)) return false;
  if (task.state === "done") return task.uploaded?.duplicate === true;
  if (task.state === "aborted") return task.error?.code === "not_removed";
  return true;
}

/** The documents apart from those whose file is on its way, which the uploads show. */
export function withoutUploads<D extends Pick<DocumentStatus, "document_id" | "status">>(
  documents: readonly D[],
  tasks: readonly UploadSnapshot[],
): D[] {
  const sent = new Set(tasks.filter((task) => !isOver(task)).map(({ documentId }) => documentId));
  return documents.filter(({ document_id, status }) => status !== "awaiting_upload" || !sent.has(document_id));
}

/** How much was sent, in whole percent; of nothing, all. */
export function percentOf({ sent, total }: Pick<TaskProgress, "sent" | "total">): number {
  return total === 0 ? 100 : Math.min(100, Math.floor(100 * sent / total));
}
