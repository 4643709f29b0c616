import { expect, test } from "vitest";
import { readChosen } from "./chosen.ts";

const CHECKS = new Map([["lint", false], ["unit", true], ["database", true]]);

test.each([
  [[], [], []],
  [["lint", "unit"], ["lint", "unit"], []],
  [["unit", "engine", "retry"], ["unit"], ["engine", "retry"]],
  [["unit", "engine", "lint"], ["unit"], ["engine", "lint"]],
])("reads %j", (words, checks, patterns) => {
  expect(readChosen(words, CHECKS)).toEqual({ checks, patterns });
});

test("names the checks when a word is unknown", () => {
  expect(() => readChosen(["unti"], CHECKS)).toThrow(
    'Unknown check: "unti". Checks: lint, unit, database.',
  );
});

test("refuses a pattern for a check that runs as a whole", () => {
  expect(() => readChosen(["lint", "unit", "engine"], CHECKS)).toThrow(
    'lint runs as a whole, without the pattern "engine".',
  );
});
