import { expect, test } from "vitest";
import { breaches, type Work } from "./watch.ts";

/** Every threshold is reached, and none is exceeded. */
const QUIET: Work = { ended: 100, failed: 10, latencySeconds: 60 };

test("keeps a release at every threshold", () => {
  expect(breaches({ work: QUIET, down: [] })).toEqual([]);
});

test.each([
  ["more than a tenth of the documents failed", { failed: 11 }, /11 of 100/],
  ["work waits for more than a minute", { latencySeconds: 60.5 }, /61 s/],
])("rolls back when %s", (_when, change, sentence) => {
  const found = breaches({ work: { ...QUIET, ...change }, down: [] });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(sentence);
});

test("rolls back when a dependency is down, whatever the work's state", () => {
  for (const work of [QUIET, undefined]) {
    expect(breaches({ work, down: ["storage"] })).toEqual(["down: storage"]);
  }
});

test("ignores the share of failures among few documents", () => {
  const work = { ...QUIET, ended: 9, failed: 9 };
  expect(breaches({ work, down: [] })).toEqual([]);
});
