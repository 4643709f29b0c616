import { describe, expect, it } from "vitest";
import type { CompetitorResult, EngineResult } from "./engine.ts";
import { isMet } from "../comparison.ts";
import { judgeEngine } from "./targets.ts";

const measured = (value: number) => ({ value, rounds: [value] });
const times = (p50: number, p95 = p50) => ({ p50, p95, count: 1 });

function competitor(
  name: string,
  numbers: Partial<CompetitorResult>,
): CompetitorResult {
  return { name, about: "", ...numbers };
}

function result(competitors: CompetitorResult[]): EngineResult {
  return {
    effort: { slowMs: 2_000 },
    competitors,
    claims: [{
      name: "this engine",
      times: [
        { waiting: 1_000, p50: 1, p95: 1 },
        { waiting: 1_000_000, p50: 2.5, p95: 3 },
      ],
    }],
  } as unknown as EngineResult;
}

function comparison(competitors: CompetitorResult[], words: string) {
  const found = judgeEngine(result(competitors))
    .filter(({ promise }) => promise.includes(words));
  expect(found).toHaveLength(1);
  return found[0];
}

describe("judgeEngine", () => {
  it("compares transitions with the better of pg-boss' two defaults", () => {
    const { factor } = comparison([
      competitor("this engine, function", {
        stageTransitionsPerSecond: measured(100),
      }),
      competitor("pg-boss, polling", {
        stageTransitionsPerSecond: measured(0.5),
      }),
      competitor("pg-boss, notify", {
        stageTransitionsPerSecond: measured(50),
      }),
    ], "transitions/s, function ÷ pg-boss at");
    expect(factor).toBe(2);
  });

  it("requires four times graphile-worker's rate", () => {
    const at = (pace: number) =>
      isMet(comparison([
        competitor("this engine, SQL alone", {
          stageTransitionsPerSecond: measured(pace),
        }),
        competitor("graphile-worker, default", {
          stageTransitionsPerSecond: measured(10),
        }),
      ], "transitions/s, SQL alone ÷ graphile-worker"));
    expect(at(40)).toBe(true);
    expect(at(39)).toBe(false);
  });

  it("compares a function's start with the baseline, from the commit", () => {
    const { factor } = comparison([
      competitor("this engine, function", {
        idleFromCall: times(100),
        idleFromCommit: times(6),
      }),
      competitor("baseline", {
        idleFromCall: times(1),
        idleFromCommit: times(2),
      }),
    ], "idle start p50, function");
    expect(factor).toBe(3);
  });

  it("uses the p95 of the wait behind a slow task", () => {
    const judged = comparison([
      competitor("this engine, function", { behindSlow: times(1, 101) }),
    ], "behind a slow task, function");
    expect(judged.factor).toBeCloseTo(0.0505);
    expect(isMet(judged)).toBe(false);
  });

  it("computes how a claim's time grows", () => {
    const judged = comparison([], "claim p50 with 1,000,000 waiting");
    expect(judged.factor).toBe(2.5);
    expect(isMet(judged)).toBe(false);
  });

  it("states how long a chain of bare calls takes", () => {
    const { factor, limitedBy } = comparison([
      competitor("this engine, function", { chain: times(15) }),
      competitor("baseline", { idleFromCommit: times(2), chain: times(11) }),
    ], "chain of three");
    expect(factor).toBe(7.5);
    expect(limitedBy).toContain("take 5.5× by themselves");
  });

  it("leaves out what was not measured", () => {
    const judged = comparison([], "chain of three");
    expect(judged.factor).toBeUndefined();
    expect(isMet(judged)).toBeUndefined();
  });
});
