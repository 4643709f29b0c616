import { expect, it } from "vitest";
import { isEvaluatedLate, openSeconds } from "./evaluation.ts";

const NOW = Date.parse("2100-01-01T00:10:00Z");

it.each([
  ["2100-01-01T00:09:30Z", false],
  ["2100-01-01T00:08:21Z", false],
  ["2100-01-01T00:08:19Z", true],
  [null, true],
])("says whether an evaluation at %s is late", (at, isLate) => expect(isEvaluatedLate(at, NOW)).toBe(isLate));

it("measures an open alert until now, and a closed one until it closed", () => {
  const opened_at = "2100-01-01T00:00:00Z";
  expect(openSeconds({ opened_at, closed_at: null }, NOW)).toBe(600);
  expect(openSeconds({ opened_at, closed_at: "2100-01-01T00:01:00Z" }, NOW)).toBe(60);
});

it("measures nothing below zero where this machine's clock is behind", () => {
  expect(openSeconds({ opened_at: "2100-01-01T00:10:05Z", closed_at: null }, NOW)).toBe(0);
});
