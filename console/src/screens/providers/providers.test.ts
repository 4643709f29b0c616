import { describe, expect, it } from "vitest";
import { levelAt, secondsToFull } from "./bucket.ts";
import { outcomeOf } from "./probe.ts";

describe("outcomeOf", () => {
  const probe = { askedAt: 0, failureCount: 7, madeDue: 2 };
  const open = {
    circuit: "half-open",
    failure_count: 7,
    code: "DOWN",
    message: "repairs",
    due_count: 2,
    stages: ["embed"],
    paused_stages: [] as string[],
  };

  it.each([
    ["succeeded", { circuit: "closed", failure_count: 0 }, 500],
    ["failed", { circuit: "open", failure_count: 8 }, 500],
    ["under way", {}, 500],
    ["not sent", {}, 60_000],
    ["not sent", { paused_stages: ["embed"] }, 500],
  ])("is %s when the provider stands so: %j", (word, facts, now) => {
    expect(outcomeOf(probe, { ...open, ...facts }, now).word).toBe(word);
  });

  it("says why, and what to do", () => {
    expect(outcomeOf(probe, { ...open, failure_count: 8 }, 0).text).toContain("repairs (DOWN)");
    expect(outcomeOf(probe, { ...open, due_count: 0 }, 60_000).text).toContain("No job waits for it");
    expect(outcomeOf(probe, open, 60_000).text).toContain("Schedules");
    expect(outcomeOf(probe, { ...open, stages: ["parse", "embed"], paused_stages: ["embed"] }, 0).word)
      .toBe("under way");
  });
});

describe("a bucket", () => {
  const bucket = { level: 10, burst: 100, perMinute: 60, readAt: 1_000 };

  it("refills at its rate, up to its burst", () => {
    expect(levelAt(bucket, 1_000)).toBe(10);
    expect(levelAt(bucket, 11_000)).toBe(20);
    expect(levelAt(bucket, 1_000_000)).toBe(100);
    expect(levelAt({ ...bucket, level: -30 }, 1_000)).toBe(-30);
  });

  it("ignores a clock that runs behind the database's", () => {
    expect(levelAt(bucket, 0)).toBe(10);
  });

  it("is full after the rest has come", () => {
    expect(secondsToFull(bucket, 1_000)).toBe(90);
    expect(secondsToFull(bucket, 1_000_000)).toBe(0);
  });
});
