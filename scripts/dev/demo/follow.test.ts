import { afterEach, expect, test, vi } from "vitest";
import { type DocumentStatus, PipelineError, type WaitOptions } from "../../../client/src/index.ts";
import { DemoError } from "./failure.ts";
import { followToEnd, Timeline } from "./follow.ts";
import type { HistoryEvent } from "./history.ts";
import { Screen } from "../terminal/screen.ts";

afterEach(() => vi.useRealTimers());

const MEANINGS = new Map([["uploaded", "the bytes arrived"]]);

function open(): { timeline: Timeline; lines: string[] } {
  const lines: string[] = [];
  const screen = new Screen((line) => lines.push(line));
  return { timeline: new Timeline(screen, MEANINGS), lines };
}

function event(
  event_no: number,
  at: string,
  rest: Partial<HistoryEvent>,
): HistoryEvent {
  return {
    event_no,
    type: "status",
    status: "uploaded",
    stage: null,
    code: null,
    message: null,
    created_at: `2026-01-01T00:00:${at}Z`,
    ...rest,
  };
}

test("counts times from the first event, by the database's clock", () => {
  const { timeline, lines } = open();
  timeline.show([event(7, "01.000", { status: "awaiting_upload" })]);
  timeline.show([event(9, "01.250", {}), event(12, "14.000", {})]);

  expect(lines.map((line) => line.slice(0, 18))).toEqual([
    "  0.00 s  awaiting",
    "  0.25 s  uploaded",
    "  13.0 s  uploaded",
  ]);
  expect(timeline.seconds).toBe(13);
  expect(timeline.lastEventNo).toBe(12);
});

test("shows a warning with its code and the missing parts", () => {
  const { timeline, lines } = open();
  timeline.show([event(1, "00.000", {
    type: "warning",
    stage: "fetch_result",
    code: "PAGES_EMPTY",
    message: "no text was found on page 2",
  })]);
  expect(lines).toEqual([
    "  0.00 s    warning              fetch_result: PAGES_EMPTY, no text was found on page 2",
  ]);
});

test("shows a retry with its stage, code and message", () => {
  const { timeline, lines } = open();
  timeline.show([event(1, "00.000", {
    type: "retry",
    stage: "embed",
    code: "OPENAI_UNREACHABLE",
    message: "no answer",
  })]);
  expect(lines).toEqual([
    "  0.00 s    retry                embed: OPENAI_UNREACHABLE, no answer",
  ]);
});

test("no events, nothing shown", () => {
  const { timeline, lines } = open();
  expect(timeline.show([])).toBe(false);
  expect(lines).toEqual([]);
});

const COMPLETE = { status: "complete", state: "done" } as DocumentStatus;

/** Follows a document with given histories, one for each poll (the last one repeats), and a given end. */
async function follow(
  histories: HistoryEvent[][],
  waitUntilComplete: (options: WaitOptions) => Promise<DocumentStatus>,
  signal = new AbortController().signal,
): Promise<{ outcome: unknown; lines: string[] }> {
  const lines: string[] = [];
  const outcome = await followToEnd(
    { waitUntilComplete: (_id, options) => waitUntilComplete(options!) },
    {
      meanings: () => Promise.resolve(MEANINGS),
      events: (_id, after) => {
        const events = histories.length > 1 ? histories.shift()! : histories[0];
        return Promise.resolve(events.filter((one) => one.event_no > after));
      },
    },
    "document",
    new Screen((line) => lines.push(line)),
    signal,
  ).catch((error) => error);
  return { outcome, lines };
}

test("throws a DemoError in the API's words when the document fails", async () => {
  const fault = new PipelineError(
    "PDF_IS_PROTECTED",
    "The PDF is encrypted. (Reference: r-3)",
    { requestId: "r-3" },
  );
  const { outcome, lines } = await follow(
    [[event(1, "00.000", {}), event(2, "02.000", { status: "failed_parse" })]],
    () => Promise.reject(fault),
  );
  expect(outcome).toBeInstanceOf(DemoError);
  expect(outcome).toMatchObject({
    message: "Processing the document failed: The PDF is encrypted.",
    cause: fault,
  });
  expect(lines.at(-1)).toContain("failed_parse");
});

test("shows an event that arrives together with the end", async () => {
  const first = event(1, "00.000", {});
  const last = event(2, "03.500", { status: "complete" });
  const { outcome, lines } = await follow(
    [[first], [first, last]],
    () => Promise.resolve(COMPLETE),
  );
  expect(outcome).toBe(3.5);
  expect(lines.at(-1)).toContain("complete");
});

test("shows what the document waits for when nothing changes", async () => {
  vi.useFakeTimers();
  const end = Promise.withResolvers<DocumentStatus>();
  const following = follow([[event(1, "00.000", {})]], ({ onStatus }) => {
    onStatus?.(
      {
        status: "uploaded",
        state: "queued",
        queue_position: 3,
      } as DocumentStatus,
    );
    return end.promise;
  });
  await vi.advanceTimersByTimeAsync(16_000);
  end.resolve(COMPLETE);
  await vi.advanceTimersByTimeAsync(1_000);
  const { lines } = await following;
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/still uploaded +position 3 in the user queue/);
});

test("ends at once when interrupted", async () => {
  const interruption = new AbortController();
  const reason = new DOMException("interrupted", "AbortError");
  const following = follow(
    [[event(1, "00.000", {})]],
    ({ signal }) => new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason))),
    interruption.signal,
  );
  interruption.abort(reason);
  expect((await following).outcome).toBe(reason);
});
