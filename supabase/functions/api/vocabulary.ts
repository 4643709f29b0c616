export {
  type State,
  STATES,
  type Status,
  STATUSES,
} from "../_shared/vocabulary.ts";

/**
 * The warnings of a complete document: pages that were not read, have no text,
 * or were cut off.
 */
export const WARNINGS = ["PAGES_UNREAD", "PAGES_EMPTY", "PAGES_CUT"] as const;

/** A row of a document's `warnings`. */
export interface Warning {
  code: typeof WARNINGS[number];
  message: string;
  /** Numbers from 1, ascending. */
  pages?: number[];
}

/**
 * An error as the document's owner sees it. The reference is the id of the
 * failure event, by which operators find the history.
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
