import { describe, expect, it } from "vitest";
import type { CompetitorResult, EngineResult } from "./engine.ts";
import { isMet } from "../comparison.ts";
import { judgeEngine } from "./targets.ts";

const measured = (value: number) => ({ value, rounds: [value] });
const times = (p50: number, p95 = p50) => ({ p50, p95, count: 1 });

function side(
  name: string,
  numbers: Partial<CompetitorResult>,
): CompetitorResult {
  return { name, about: "", ...numbers };
}

function result(sides: CompetitorResult[]): EngineResult {
  return {
    effort: { slowMs: 2_000 },
    sides,
    claims: [{
      name: "this engine",
      times: [
        { waiting: 1_000, p50: 1, p95: 1 },
        { waiting: 1_000_000, p50: 2.5, p95: 3 },
      ],
    }],
  } as unknown as EngineResult;
}

function verdict(sides: CompetitorResult[], words: string) {
  const found = judgeEngine(result(sides))
    .filter(({ promise }) => promise.includes(words));
  expect(found).toHaveLength(1);
  return found[0];
}

describe("judgeEngine", () => {
  it("compares hand-offs with the better of the peer's two defaults", () => {
    const { factor } = verdict([
      side("this engine, function", {
        stageTransitionsPerSecond: measured(100),
      }),
      side("pg-boss, polling", { stageTransitionsPerSecond: measured(0.5) }),
      side("pg-boss, notify", { stageTransitionsPerSecond: measured(50) }),
    ], "hand-offs/s, function ÷ pg-boss at");
    expect(factor).toBe(2);
  });

  it("asks four times the other peer's pace", () => {
    const at = (pace: number) =>
      isMet(verdict([
        side("this engine, SQL alone", {
          stageTransitionsPerSecond: measured(pace),
        }),
        side("graphile-worker, default", {
          stageTransitionsPerSecond: measured(10),
        }),
      ], "hand-offs/s, SQL alone ÷ graphile-worker"));
    expect(at(40)).toBe(true);
    expect(at(39)).toBe(false);
  });

  it("measures a function's start against the floor, from the commit", () => {
    const { factor } = verdict([
      side("this engine, function", {
        idleFromCall: times(100),
        idleFromCommit: times(6),
      }),
      side("floor", { idleFromCall: times(1), idleFromCommit: times(2) }),
    ], "idle start p50, function");
    expect(factor).toBe(3);
  });

  it("judges the wait behind a slow task by its worst twentieth", () => {
    const judged = verdict([
      side("this engine, function", { behindSlow: times(1, 101) }),
    ], "behind a slow task, function");
    expect(judged.factor).toBeCloseTo(0.0505);
    expect(isMet(judged)).toBe(false);
  });

  it("judges how a claim's time grows", () => {
    const judged = verdict([], "claim p50 with 1,000,000 waiting");
    expect(judged.factor).toBe(2.5);
    expect(isMet(judged)).toBe(false);
  });

  it("says what a chain of bare calls takes", () => {
    const { factor, limitedBy } = verdict([
      side("this engine, function", { chain: times(15) }),
      side("floor", { idleFromCommit: times(2), chain: times(11) }),
    ], "chain of three");
    expect(factor).toBe(7.5);
    expect(limitedBy).toContain("take 5.5× by themselves");
  });

  it("does not judge what was not measured", () => {
    const judged = verdict([], "chain of three");
    expect(judged.factor).toBeUndefined();
    expect(isMet(judged)).toBeUndefined();
  });
});
