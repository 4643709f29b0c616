import { expect, test } from "vitest";
import {
  DemoError,
  type DocumentStatus,
  type HistoryEvent,
} from "./api_client.ts";
import { followToEnd, Timeline } from "./follow.ts";
import { Screen } from "./screen.ts";

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

test("times count from the first event, by the database's clock", () => {
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

test("a retry is shown with its stage, code and message", () => {
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

test.each(["complete", "failed_parse", "failed_embedding", "expired"])(
  "%s is the end",
  (status) => {
    const { timeline } = open();
    timeline.show([event(1, "00.000", {})]);
    expect(timeline.atRest).toBe(false);
    timeline.show([event(2, "01.000", { status })]);
    expect(timeline.atRest).toBe(true);
  },
);

test("no events, nothing shown", () => {
  const { timeline, lines } = open();
  expect(timeline.show([])).toBe(false);
  expect(lines).toEqual([]);
});

const IN_WORK = { state: "working", status: "uploaded" };

/** Follows a document whose history and status answers are given, one a call; the last ones stay. */
async function follow(
  histories: HistoryEvent[][],
  answers: (DocumentStatus | DemoError)[],
): Promise<{ outcome: unknown; lines: string[] }> {
  const lines: string[] = [];
  const api = {
    meanings: () => Promise.resolve(MEANINGS),
    history: (_id: string, after: number) => {
      const events = histories.length > 1 ? histories.shift()! : histories[0];
      return Promise.resolve(events.filter((one) => one.event_no > after));
    },
    status: () => {
      const answer = answers.length > 1 ? answers.shift()! : answers[0];
      return answer instanceof DemoError
        ? Promise.reject(answer)
        : Promise.resolve(answer);
    },
  };
  const outcome = await followToEnd(
    api,
    "document",
    new Screen((line) => lines.push(line)),
    new AbortController().signal,
  ).catch((error) => error);
  return { outcome, lines };
}

test("a failed document is a DemoError with the status route's code and reference", async () => {
  const { outcome } = await follow(
    [[event(1, "00.000", {}), event(2, "02.000", { status: "failed_parse" })]],
    [{
      state: "deadletter",
      status: "failed_parse",
      last_error: {
        code: "PDF_IS_PROTECTED",
        message: "The PDF is encrypted. (Reference: r-3)",
        reference: "r-3",
      },
    }],
  );
  expect(outcome).toBeInstanceOf(DemoError);
  expect(outcome).toMatchObject({
    message: "The PDF is encrypted.",
    particulars: { code: "PDF_IS_PROTECTED", reference: "r-3" },
  });
});

test("an event that arrives with the last status answer is still shown", async () => {
  const first = event(1, "00.000", {});
  const last = event(2, "03.500", { status: "complete" });
  const { outcome, lines } = await follow(
    [[first], [first, last]],
    [{ state: "done", status: "complete" }],
  );
  expect(outcome).toBe(3.5);
  expect(lines.at(-1)).toContain("complete");
});

test("being told to ask less often delays the next question, and no more", async () => {
  const { outcome } = await follow(
    [[event(1, "00.000", {})]],
    [
      new DemoError("too often", { status: 429, retryAfter: 1 }),
      IN_WORK,
      { state: "done", status: "complete" },
    ],
  );
  expect(outcome).toBe(0);
});

test("any other refusal ends the demo", async () => {
  const refusal = new DemoError("gone", { status: 404 });
  const { outcome } = await follow([[]], [refusal]);
  expect(outcome).toBe(refusal);
});
