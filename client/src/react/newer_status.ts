import type { DocumentStatus } from "../answers.ts";

/** The newer of two statuses of a document; the first one if they are of the same time. */
export function newerStatus(status: DocumentStatus, other: DocumentStatus | undefined): DocumentStatus {
  return other && other.updated_at > status.updated_at ? other : status;
}
