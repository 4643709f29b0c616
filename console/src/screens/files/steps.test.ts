import { STATUSES } from "supabase-document-pipeline-client";
import { describe, expect, it } from "vitest";
import { hasReached, lastRun, type Move, secondsOf, stepOf, STEPS, stepsOf } from "./steps.ts";

const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 0, 0, second)).toISOString();
const moves = (...statuses: string[]): Move[] => statuses.map((status, n) => ({ status, created_at: at(n) }));
const states = (...given: Parameters<typeof stepsOf>) => stepsOf(...given).map(({ state }) => state);

const WAY = [
  "awaiting_upload",
  "uploaded",
  "parse_queued",
  "parsed",
  "parse_validated",
  "chunking",
  "chunks_stored",
  "embedding_queued",
  "embedding_in_progress",
  "embeddings_stored",
  "complete",
];

describe("the steps of a document", () => {
  it("never go back along the declared statuses, and each has one", () => {
    const order = STATUSES.slice(0, STATUSES.indexOf("complete")).map((status) => STEPS.indexOf(stepOf(status)!));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(new Set(order).size).toBe(STEPS.length);
    expect(order).not.toContain(-1);
  });

  it("are done before the current one and ahead after it", () => {
    expect(states({ status: "parse_queued", state: "queued", waiting_for: "PARSER_AT_WORK" })).toEqual(
      ["done", "done", "current", "ahead", "ahead", "ahead"],
    );
    expect(states({ status: "complete", state: "done" })).toEqual(STEPS.map(() => "done"));
  });

  it("wait when the document waits for anything but a worker", () => {
    expect(states({ status: "uploaded", state: "queued", waiting_for: "YOUR_OTHER_DOCUMENTS" })[1]).toBe("waiting");
    expect(states({ status: "embedding_queued", state: "retryable" })[5]).toBe("waiting");
    expect(states({ status: "uploaded", state: "queued" })[1]).toBe("current");
  });

  it("fail where the document stood when its moves say so, and else where its status says", () => {
    const failed = { status: "failed_parse", state: "deadletter" } as const;
    expect(states(failed, moves("awaiting_upload", "uploaded", "failed_parse"))).toEqual(
      ["done", "failed", "ahead", "ahead", "ahead", "ahead"],
    );
    expect(states(failed)[2]).toBe("failed");
    expect(states({ status: "expired", state: "done" })[0]).toBe("failed");
  });

  it("do not fail the display of a status that is newer than the client", () => {
    expect(states({ status: "illuminated", state: "working" })).toHaveLength(STEPS.length);
  });

  it("have the times of the moves into and out of them", () => {
    const steps = stepsOf({ status: "complete", state: "done" }, moves(...WAY));
    expect(steps.find(({ step }) => step === "cut")).toMatchObject({ begunAt: at(4), seconds: 2 });
    expect(steps.find(({ step }) => step === "index")).toMatchObject({ begunAt: at(6), seconds: 4 });
    const [receive] = stepsOf({ status: "awaiting_upload", state: "queued" }, moves("awaiting_upload"));
    expect(receive).toMatchObject({ begunAt: at(0), seconds: 0 });
  });

  it("have the time of each visit when the document came back to them", () => {
    const way = moves("uploaded", "parse_queued", "uploaded", "parse_queued", "parsed");
    const steps = stepsOf({ status: "parsed", state: "queued" }, way);
    expect(steps.find(({ step }) => step === "check")).toMatchObject({ begunAt: at(2), seconds: 2 });
    expect(steps.find(({ step }) => step === "read")).toMatchObject({ begunAt: at(3), seconds: 2 });
  });
});

describe("the last run of a document", () => {
  it("is its whole way when it was processed once", () => {
    expect(lastRun(moves(...WAY))).toHaveLength(WAY.length);
    expect(lastRun([])).toEqual([]);
  });

  it("begins after the end of the run before", () => {
    const all = moves(...WAY, "uploaded", "parse_queued", "complete");
    expect(lastRun(all).map(({ status }) => status)).toEqual(["uploaded", "parse_queued", "complete"]);
    expect(lastRun(all.slice(0, -1)).map(({ status }) => status)).toEqual(["uploaded", "parse_queued"]);
  });

  it("lasts until its end, or until now", () => {
    expect(secondsOf(moves(...WAY), Date.parse(at(1_000)))).toBe(10);
    expect(secondsOf(moves("uploaded"), Date.parse(at(7)))).toBe(7);
    expect(secondsOf([], 0)).toBeUndefined();
  });
});

it("says how far a document has come, and of a failed one nothing", () => {
  expect(hasReached("chunking", "parsed")).toBe(true);
  expect(hasReached("uploaded", "parsed")).toBe(false);
  expect(hasReached("failed_embedding", "parsed")).toBe(false);
});
