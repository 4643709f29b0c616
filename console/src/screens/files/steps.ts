import { type DocumentStatus, type KnownStatus, type Status, STATUSES } from "supabase-document-pipeline-client";

/** What a user sees of a document's way, in its order. */
export const STEPS = ["receive", "check", "read", "fetch", "cut", "index"] as const;
export type Step = typeof STEPS[number];

/** Where a document with this status is; null once it is over. A status that is new to the client does not compile. */
const STEP_OF: Record<KnownStatus, Step | null> = {
  awaiting_upload: "receive",
  uploaded: "check",
  parse_queued: "read",
  parsed: "fetch",
  parse_validated: "cut",
  chunking: "cut",
  chunks_stored: "index",
  embedding_queued: "index",
  embedding_in_progress: "index",
  embeddings_stored: "index",
  complete: null,
  duplicate: null,
  expired: null,
  failed_parse: null,
  failed_chunking: null,
  failed_embedding: null,
};

/** The step at which a document that ended with this status was at the latest, as far as the status says. */
const ENDED_AT: Partial<Record<KnownStatus, Step>> = {
  expired: "receive",
  failed_parse: "read",
  failed_chunking: "cut",
  failed_embedding: "index",
};

/** `waiting` for something other than a worker, or for its next attempt. */
export type StepState = "done" | "current" | "waiting" | "failed" | "ahead";

export interface ShownStep {
  step: Step;
  state: StepState;
  /** When the document came to it last, in the run that is shown. */
  begunAt?: string;
  /** How long it was in it until it left it, each time that it came to it, in seconds. */
  seconds?: number;
}

/** A move of a document, as `upload_pipeline.events` has it. */
export interface Move {
  status: Status;
  created_at: string;
}

export function stepOf(status: Status): Step | null {
  if (Object.hasOwn(STEP_OF, status)) return STEP_OF[status as KnownStatus];
  return null;
}

/** Whether more happens to the document by itself. */
export function isActive({ state }: Pick<DocumentStatus, "state">): boolean {
  return state !== "done" && state !== "deadletter";
}

/** Whether the document has come as far as this status, or further; one that failed has not. */
export function hasReached(status: Status, reached: KnownStatus): boolean {
  const at = STATUSES.indexOf(status as KnownStatus);
  return at >= STATUSES.indexOf(reached) && at <= STATUSES.indexOf("complete");
}

/** The moves since the document began its way for the last time: a reparse begins it again. @param moves oldest first */
export function lastRun<M extends Move>(moves: readonly M[]): M[] {
  const isOver = ({ status }: Move) => stepOf(status) === null;
  // The move that ended the run is part of it, the one that ended the run before is not.
  let from = moves.length - 1;
  while (from > 0 && !isOver(moves[from - 1])) from--;
  return moves.slice(Math.max(from, 0));
}

/** Each step of a document, with its times where the moves say them. @param moves of the last run, oldest first */
export function stepsOf(
  document: Pick<DocumentStatus, "status" | "state" | "waiting_for">,
  moves: readonly Move[] = [],
): ShownStep[] {
  const { status, state } = document;
  const walked = moves.filter((move) => stepOf(move.status) !== null);
  const last = walked.at(-1);
  const hasFailed = state === "deadletter" || status === "expired";
  const failedAt = hasFailed ? (last ? stepOf(last.status) : ENDED_AT[status as KnownStatus]) ?? null : null;
  const current = stepOf(status) ?? failedAt;
  const at = current === null ? STEPS.length : STEPS.indexOf(current);
  return STEPS.map((step, n) => ({
    step,
    state: n < at ? "done" : n > at ? "ahead" : hasFailed ? "failed" : waits(document) ? "waiting" : "current",
    ...timesOf(step, moves),
  }));
}

/** Whether the document waits for something other than a worker or the parser's answer. */
export function waits({ state, waiting_for }: Pick<DocumentStatus, "state" | "waiting_for">): boolean {
  return state === "retryable" || (waiting_for !== undefined && waiting_for !== "PARSER_AT_WORK");
}

function timesOf(step: Step, moves: readonly Move[]): Pick<ShownStep, "begunAt" | "seconds"> {
  const steps = moves.map(({ status }) => stepOf(status));
  let begun = steps.lastIndexOf(step);
  if (begun < 0) return {};
  while (begun > 0 && steps[begun - 1] === step) begun--;
  let milliseconds = 0;
  for (let n = 0; n < moves.length - 1; n++) {
    if (steps[n] === step) milliseconds += Date.parse(moves[n + 1].created_at) - Date.parse(moves[n].created_at);
  }
  return { begunAt: moves[begun].created_at, seconds: milliseconds / 1_000 };
}

/** How long the run took, or takes until now, in seconds. @param moves of the run */
export function secondsOf(moves: readonly Move[], now: number): number | undefined {
  const [first] = moves;
  const last = moves.at(-1);
  if (!first || !last) return undefined;
  const end = stepOf(last.status) === null ? Date.parse(last.created_at) : now;
  return Math.max(0, end - Date.parse(first.created_at)) / 1_000;
}
