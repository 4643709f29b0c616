import { expect, it } from "vitest";
import type { DocumentStatus } from "./answers.ts";
import { moved, needsRow, readLiveEvent } from "./live_event.ts";

const MOVE = { document_id: "a", status: "chunking", state: "working", progress: { stage_pct: 1, total_pct: 2 } };

it("reads a message with the document that changed last at its end", () => {
  const event = readLiveEvent({
    event_no: 7,
    ...MOVE,
    more: [{ ...MOVE, document_id: "b" }, { document_id: "c", status: "deleted" }],
  });
  expect(event).toMatchObject({ eventNo: 7, isComplete: true });
  expect(event!.moves.map(({ document_id }) => document_id)).toEqual(["c", "b", "a"]);
  expect(readLiveEvent({ event_no: 7, ...MOVE, incomplete: true })!.isComplete).toBe(false);
});

it.each([
  [null],
  ["text"],
  [{}],
  [{ event_no: "7", ...MOVE }],
  [{ event_no: 7.5, ...MOVE }],
  [{ event_no: 7, document_id: "a" }],
  [{ event_no: 7, document_id: "a", status: "chunking" }],
  [{ event_no: 7, ...MOVE, more: [null] }],
])("reads nothing from %j", (payload) => {
  expect(readLiveEvent(payload)).toBeUndefined();
});

it("keeps what a message does not carry, and drops what no longer holds", () => {
  const before = {
    document_id: "a",
    filename: "a.pdf",
    status: "parse_queued",
    state: "retryable",
    progress: { stage_pct: 0, total_pct: 1 },
    updated_at: "2026-11-01T10:00:00.000Z",
    warnings: [{ code: "PAGES_UNREAD", message: "page 3" }],
    next_attempt_at: "2026-11-01T11:00:00.000Z",
    last_error: { code: "NETWORK_ERROR", message: "No." },
  } as unknown as DocumentStatus;
  const [move] = readLiveEvent({ event_no: 7, ...MOVE })!.moves;
  expect(moved(before, move)).toEqual({
    document_id: "a",
    filename: "a.pdf",
    status: "chunking",
    state: "working",
    progress: { stage_pct: 1, total_pct: 2 },
    updated_at: "2026-11-01T10:00:00.000Z",
    warnings: [],
  });
  const failed = { ...move, last_error: { code: "NETWORK_ERROR", message: "No.", reference: "r-1" } } as typeof move;
  expect(moved(before, failed).last_error?.message).toBe("No. (Reference: r-1)");
});

it("needs the row of a document that waits or has ended", () => {
  const [move] = readLiveEvent({ event_no: 7, ...MOVE })!.moves;
  expect(needsRow(move)).toBe(false);
  expect(needsRow({ ...move, state: "queued" })).toBe(true);
});
