import type { DocumentStatus } from "./answers.ts";
import { describedError, type StatusRow } from "./status_row.ts";

/** What a broadcast says of one document. */
export interface LiveMove {
  document_id: string;
  /** `deleted` for a document that no longer exists; then the other fields are missing. */
  status: StatusRow["status"] | "deleted";
  state?: StatusRow["state"];
  progress?: DocumentStatus["progress"];
  warnings?: StatusRow["warnings"];
  last_error?: StatusRow["last_error"];
}

/** A message of the event `document.status`: what one transaction changed of one user's documents. */
export interface LiveEvent {
  /** Ascending per user and without gaps, in the order of the commits. */
  eventNo: number;
  /** One per document, in the order in which they changed. */
  moves: LiveMove[];
  /** Whether the message has room for all it is about; otherwise the documents are to be read. */
  isComplete: boolean;
}

/** @returns undefined if it is not such a message */
export function readLiveEvent(payload: unknown): LiveEvent | undefined {
  if (!isObject(payload) || !Number.isSafeInteger(payload.event_no)) return undefined;
  const { event_no, more = [], incomplete, ...last } = payload;
  // The payload itself is about the document that changed last.
  const moves = [last, ...(Array.isArray(more) ? more : [])].reverse();
  if (!moves.every(isMove)) return undefined;
  return { eventNo: event_no as number, moves, isComplete: incomplete !== true };
}

/**
 * The status after a move that the message describes in full.
 * @param before the document's last known status; its time remains, because messages have none, and the time of receipt,
 * by another clock, may be after that of the next change
 */
export function moved(before: DocumentStatus, move: LiveMove): DocumentStatus {
  // Only a queued or a failed attempt has these.
  const { next_attempt_at: _next, queue_position: _position, waiting_for: _waiting, last_error: _error, ...kept } =
    before;
  return {
    ...kept,
    status: move.status as DocumentStatus["status"],
    state: move.state ?? before.state,
    progress: move.progress ?? before.progress,
    warnings: move.warnings ?? [],
    ...(move.last_error && { last_error: describedError(move.last_error) }),
  };
}

/** Whether the message alone does not suffice: these states have times and places that it does not carry. */
export function needsRow({ state }: LiveMove): boolean {
  return state !== "working";
}

function isMove(move: unknown): move is LiveMove {
  return isObject(move) && typeof move.document_id === "string" && typeof move.status === "string" &&
    (move.status === "deleted" || typeof move.state === "string");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
