import type { Functions } from "../../database.types.ts";
import type { Tone } from "../../parts/badge.tsx";

export type Stage = Functions["stages"]["Returns"][number];

export interface Standing {
  word: string;
  tone: Tone;
}

/** Beyond this age of the oldest due message a stage is late: see the alert rule PipelineQueueOld. */
const LATE_SECONDS = 60;

type Facts = Pick<
  Stage,
  "paused_at" | "is_circuit_open" | "oldest_due_seconds" | "due_count" | "working_count" | "postponed_count"
>;

/** How a stage stands, in a word: what an operator must know first. */
export function standingOf(stage: Facts): Standing {
  if (stage.paused_at !== null) return { word: "paused", tone: "warn" };
  if (stage.is_circuit_open) return { word: "circuit open", tone: "bad" };
  if (stage.due_count > 0 && stage.oldest_due_seconds > LATE_SECONDS) return { word: "late", tone: "bad" };
  if (stage.working_count + stage.due_count > 0) return { word: "working", tone: "busy" };
  return stage.postponed_count > 0 ? { word: "waiting", tone: "quiet" } : { word: "idle", tone: "quiet" };
}

/** Messages that the stage's invocations may work on at once. */
export function capacityOf({ slots, max_invocations }: Pick<Stage, "slots" | "max_invocations">): number {
  return slots * max_invocations;
}

/** What a pause of the stage holds back, as a sentence. */
export function heldBack({ due_count, working_count, postponed_count }: Facts): string {
  const waiting = due_count + postponed_count;
  const finish = working_count === 0
    ? "No attempt is under way."
    : working_count === 1
    ? "The attempt that is under way finishes."
    : `The ${working_count} attempts that are under way finish.`;
  const wait = waiting === 0
    ? "No document waits here now; those that reach the stage will wait."
    : `${waiting} document${waiting === 1 ? "" : "s"} here will wait, and those that reach the stage.`;
  return `${finish} ${wait}`;
}
