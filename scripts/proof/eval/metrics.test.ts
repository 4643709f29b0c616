import { describe, expect, it } from "vitest";
import { measuresOf } from "./metrics.ts";

describe("measuresOf", () => {
  it("returns 1 in every metric if each passage comes first", () => {
    expect(measuresOf([1, 1])).toEqual({
      questions: 2,
      recallAt5: 1,
      recallAt10: 1,
      mrr: 1,
      ndcgAt10: 1,
    });
  });

  it("gives lower ranks less weight, and missing passages none", () => {
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

  it("ignores ranks beyond ten", () => {
    expect(measuresOf([11])).toEqual(measuresOf([null]));
  });

  it("throws without ranks", () => {
    expect(() => measuresOf([])).toThrow(RangeError);
  });
});
