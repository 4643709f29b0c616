import { describe, expect, it } from "vitest";
import { documentsOf, linesOf, rangeOf, type StageHistory, sumOf, timesOfHistory } from "./history.ts";

const HISTORY: StageHistory[] = ["document", "parse"].map((stage) => ({
  stage,
  since: "1970-01-01T01:00:00Z",
  step_seconds: 60,
  transition_counts: [1, 2],
  p50_seconds: [null, 2],
  p95_seconds: [null, 3],
  failed_counts: [0, 1],
  registered_counts: [2, 2],
  message_counts: [null, 4],
  oldest_due_seconds: [null, 5],
}));

describe("the history", () => {
  it("has the last hour when an address names no range", () => {
    expect(rangeOf("30 days")).toBe("30 days");
    expect(rangeOf("1 year")).toBe("1 hour");
    expect(rangeOf(null)).toBe("1 hour");
  });

  it("has one time for each step", () => {
    expect(timesOfHistory(HISTORY)).toEqual([3600, 3660]);
  });

  it("has a line for each stage, also for one that has no numbers yet", () => {
    expect(linesOf(HISTORY, ["parse", "chunk"], "p95_seconds")).toEqual([
      { label: "parse", values: [null, 3] },
      { label: "chunk", values: [] },
    ]);
    expect(sumOf(documentsOf(HISTORY).transition_counts)).toBe(3);
  });
});
