import { expect, test } from "vitest";
import { describe, isSuccess, NOTHING, sum, summaryOf } from "./summary.ts";

const units = summaryOf("unit", { passed: 3, skipped: 1, failures: [] }, 2.04);
const broken = summaryOf("e2e", {
  passed: 1,
  skipped: 0,
  failures: ["a.test.ts: it stands"],
  unsteady: ["b.test.ts: it holds"],
}, 61);

test("counts the results of several checks, and names failures and retries", () => {
  expect(describe(sum(units, broken))).toBe(`
Passed only in a retry:
  e2e: b.test.ts: it holds

What failed:
  e2e: a.test.ts: it stands

Took: unit 2.0 s, e2e 61.0 s

4 passed, 1 failed, 1 skipped`);
});

test("is no success when a test failed or none ran", () => {
  expect(isSuccess(units)).toBe(true);
  expect(isSuccess(sum(units, broken))).toBe(false);
  expect(isSuccess(NOTHING)).toBe(false);
});
