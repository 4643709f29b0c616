import { expect, test } from "vitest";
import { breaches, type Work } from "./watch.ts";

/** Every threshold is reached, and none is crossed. */
const QUIET: Work = { ended: 100, failed: 10, latencySeconds: 60 };

test("at every threshold a release may stay", () => {
  expect(breaches({ work: QUIET, down: [] })).toEqual([]);
});

test.each([
  ["more than a tenth of the documents failed", { failed: 11 }, /11 of 100/],
  ["work waits for more than a minute", { latencySeconds: 60.5 }, /61 s/],
])("it should go back when %s", (_when, change, sentence) => {
  const found = breaches({ work: { ...QUIET, ...change }, down: [] });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(sentence);
});

test("it should go back when what it depends on is down, whatever the work says", () => {
  for (const work of [QUIET, undefined]) {
    expect(breaches({ work, down: ["storage"] })).toEqual(["down: storage"]);
  }
});

test("a few documents say nothing of a share", () => {
  const work = { ...QUIET, ended: 9, failed: 9 };
  expect(breaches({ work, down: [] })).toEqual([]);
});
