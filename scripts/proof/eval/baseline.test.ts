import { describe, expect, it } from "vitest";
import { dropsFrom, withFigures } from "./baseline.ts";

const BASELINE = { de: { text: 0.7, hybrid: 0.8 } };

describe("dropsFrom", () => {
  it("says what is lower by more than a hundredth, and by how much", () => {
    expect(dropsFrom(BASELINE, { de: { text: 0.69, hybrid: 0.7899 } }, "it"))
      .toEqual(["nDCG@10 of it, de, mode hybrid: 0.7899, before 0.8"]);
  });

  it("says nothing of what is better, or was not measured", () => {
    expect(dropsFrom(BASELINE, { de: { text: 0.9 } }, "it")).toEqual([]);
  });

  it("says what the baseline does not have", () => {
    expect(dropsFrom(BASELINE, { ja: { text: 0.9 } }, "it")).toHaveLength(1);
  });
});

describe("withFigures", () => {
  it("keeps what was not measured", () => {
    const baseline = { own: BASELINE, full: BASELINE };
    expect(withFigures(baseline, { own: { ja: { text: 0.5 } } })).toEqual({
      own: { ...BASELINE, ja: { text: 0.5 } },
      full: BASELINE,
    });
  });
});
