import { describe, expect, it } from "vitest";
import { latestOf, lonePoints, tellingSteps, timesOf } from "./series.ts";

describe("timesOf", () => {
  it("counts equal steps from the first", () => {
    expect(timesOf("1970-01-01T00:01:00Z", 60, 3)).toEqual([60, 120, 180]);
  });
});

describe("tellingSteps", () => {
  const series = [{ label: "a", values: [0, 1, null, 0] }, { label: "b", values: [0, 0, 2, null] }];

  it("leaves out steps in which nothing happened, and begins with the latest", () => {
    expect(tellingSteps([10, 20, 30, 40], series, 9)).toEqual([{ at: 30, index: 2 }, { at: 20, index: 1 }]);
  });

  it("answers no more than asked for", () => {
    expect(tellingSteps([10, 20, 30, 40], series, 1)).toEqual([{ at: 30, index: 2 }]);
  });
});

describe("latestOf", () => {
  it("passes over steps without a number", () => {
    expect(latestOf({ label: "a", values: [1, 0, null] })).toEqual({ value: 0, index: 1 });
    expect(latestOf({ label: "a", values: [null, null] })).toBeUndefined();
  });
});

describe("lonePoints", () => {
  it("finds numbers without a neighbour", () => {
    expect(lonePoints([1, null, 2, 3, null, 4])).toEqual([0, 5]);
    expect(lonePoints([null, null])).toEqual([]);
  });
});
