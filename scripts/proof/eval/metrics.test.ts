import { describe, expect, it } from "vitest";
import { measuresOf } from "./metrics.ts";

describe("measuresOf", () => {
  it("is 1 in everything if each passage comes first", () => {
    expect(measuresOf([1, 1])).toEqual({
      questions: 2,
      recallAt5: 1,
      recallAt10: 1,
      mrr: 1,
      ndcgAt10: 1,
    });
  });

  it("counts what is lower for less, and what is not found for nothing", () => {
    const { recallAt5, recallAt10, mrr, ndcgAt10 } = measuresOf([
      1,
      3,
      7,
      null,
    ]);
    expect(recallAt5).toBe(0.5);
    expect(recallAt10).toBe(0.75);
    expect(mrr).toBeCloseTo((1 + 1 / 3 + 1 / 7) / 4, 12);
    expect(ndcgAt10).toBeCloseTo((1 + 0.5 + 1 / 3) / 4, 12);
  });

  it("takes no notice of what comes after the tenth place", () => {
    expect(measuresOf([11])).toEqual(measuresOf([null]));
  });

  it("measures no empty set", () => {
    expect(() => measuresOf([])).toThrow(RangeError);
  });
});
