import { describe, expect, it } from "vitest";
import { dropsFrom, withFigures } from "./baseline.ts";

const BASELINE = { de: { text: 0.7, hybrid: 0.8 } };

describe("dropsFrom", () => {
  it("names figures that are lower by more than a hundredth, and the difference", () => {
    expect(dropsFrom(BASELINE, { de: { text: 0.69, hybrid: 0.7899 } }, "it"))
      .toEqual(["nDCG@10 of it, de, mode hybrid: 0.7899, before 0.8"]);
  });

  it("ignores figures that are better or were not measured", () => {
    expect(dropsFrom(BASELINE, { de: { text: 0.9 } }, "it")).toEqual([]);
  });

  it("names figures without a baseline", () => {
    expect(dropsFrom(BASELINE, { ja: { text: 0.9 } }, "it")).toHaveLength(1);
  });
});

describe("withFigures", () => {
  it("keeps figures that were not measured", () => {
    const baseline = { own: BASELINE, full: BASELINE };
    expect(withFigures(baseline, { own: { ja: { text: 0.5 } } })).toEqual({
      own: { ...BASELINE, ja: { text: 0.5 } },
      full: BASELINE,
    });
  });
});
