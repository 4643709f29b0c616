import { expect, test } from "vitest";
import { breaches, type Observation } from "./watch.ts";

const QUIET: Observation = {
  ended: 100,
  failed: 10,
  latencySeconds: 60,
  down: [],
};

test("at every threshold a release may stay", () => {
  expect(breaches(QUIET)).toEqual([]);
});

test.each([
  ["more than a tenth of the documents failed", { failed: 11 }, /11 of 100/],
  ["work waits for more than a minute", { latencySeconds: 60.5 }, /61 s/],
  ["what it depends on is down", { down: ["storage"] }, /storage/],
])("it should go back when %s", (_when, change, sentence) => {
  const found = breaches({ ...QUIET, ...change });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(sentence);
});

test("a few documents say nothing of a share", () => {
  expect(breaches({ ...QUIET, ended: 9, failed: 9 })).toEqual([]);
});
