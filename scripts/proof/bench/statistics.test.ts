import { describe, expect, it } from "vitest";
import { median, overRounds, percentile, spread } from "./statistics.ts";

describe("percentile", () => {
  const values = [5, 1, 4, 2, 3];

  it("is an existing value, by nearest rank", () => {
    expect(percentile(values, 0.5)).toBe(3);
    expect(percentile(values, 0.95)).toBe(5);
    expect(percentile([1, 2], 0.5)).toBe(1);
  });

  it("returns the smallest and the largest value at its ends", () => {
    expect(percentile(values, 0)).toBe(1);
    expect(percentile(values, 1)).toBe(5);
  });

  it("does not reorder the values", () => {
    percentile(values, 0.5);
    expect(values).toEqual([5, 1, 4, 2, 3]);
  });

  it("orders numerically, not as text", () => {
    expect(percentile([100, 20, 3], 1)).toBe(100);
  });

  it("throws without values or for an invalid share", () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
    expect(() => percentile([1], 95)).toThrow(RangeError);
  });
});

describe("median", () => {
  it("is the middle of an odd number of values, and the mean of the two middle ones of an even number", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
  });
});

describe("overRounds", () => {
  it("keeps the rounds and their median", () => {
    expect(overRounds([3, 1, 2])).toEqual({ value: 2, rounds: [3, 1, 2] });
    expect(overRounds([])).toBeUndefined();
  });
});

describe("spread", () => {
  it("takes the median of the rounds' medians, so that one disturbed round does not count", () => {
    const { p50 } = spread([[1, 1, 1], [2, 2, 2], [900, 900, 900]])!;
    expect(p50).toBe(2);
  });

  it("takes p95 over all samples", () => {
    const calm = Array(99).fill(1);
    expect(spread([calm, [50]])).toEqual({ p50: 25.5, p95: 1, count: 100 });
    expect(spread([[1, 2], [3, 40]])!.p95).toBe(40);
  });

  it("ignores rounds without samples", () => {
    expect(spread([[], [4]])).toEqual({ p50: 4, p95: 4, count: 1 });
    expect(spread([[], []])).toBeUndefined();
  });
});
