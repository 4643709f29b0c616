import type { MigrationEdit } from "./postgres/migration_edits.ts";
import type { EditOutcome } from "./postgres/reapply.ts";

/** The command that begins with an empty database. */
export const RESET_COMMAND = "npm run dev -- --reset";

/** A sentence on a migration that was edited after it had been applied, and what to do about it. */
export function describeEdit({ file, obstacles }: MigrationEdit): string {
  const remedy = obstacles.length === 0
    ? "npm run dev applies the edit"
    : `an empty database gets the edit: ${RESET_COMMAND}`;
  return `${file} was edited after it was applied; ${remedy}`;
}

/** A sentence on the result of such an edit. */
export function describeOutcome(outcome: EditOutcome): string {
  const { file } = outcome;
  switch (outcome.outcome) {
    case "applied":
      return `${file}: applied ${outcome.subjects.map(withoutParameters).join(", ")}`;
    case "failed":
      return `${file} fails, ${outcome.message}`;
    case "needs reset":
      return `${file} was edited and cannot be re-applied: ${outcome.reasons.join("; ")}`;
  }
}

function withoutParameters(subject: string): string {
  return subject.replace(/\(.*/s, "");
}
