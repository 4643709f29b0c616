import type { WarningCode } from "../_shared/error_codes.ts";

export { type State, STATES, type Status, STATUSES } from "../_shared/vocabulary.ts";

/** A row of a document's `warnings`. */
export interface Warning {
  code: WarningCode;
  message: string;
  /** Numbers from 1, ascending. */
  pages?: number[];
}

/**
 * An error as the document's owner sees it. The reference is the id of the failure event, by which operators find the
 * history.
 */
export function errorForUser(
  { code, message, reference }: {
    code: string;
    message: string;
    reference?: string;
  },
) {
  if (!reference) return { code, message };
  return { code, message: `${message} (Reference: ${reference})`, reference };
}
