import { expect, it } from "vitest";
import { enteredThreshold, shownThreshold, unitOf } from "./unit.ts";

it.each(
  [
    ["{percent} of the documents failed.", "percent"],
    ["The oldest message of {subject} has waited for {value} seconds.", "seconds"],
    ["{value} documents have no message in a queue.", "number"],
    ["Wrong passwords for the {subject}: {value} times the tolerated number.", "number"],
  ] as const,
)("reads the unit from the summary %s", (summary, unit) => expect(unitOf(summary)).toBe(unit));

it.each(
  [[0.05, "percent", "5"], [0.07, "percent", "7"], [0.001, "percent", "0.1"], [300, "seconds", "300"], [
    1.5,
    "number",
    "1.5",
  ]] as const,
)("shows %d in %s as %s, and reads it back", (threshold, unit, text) => {
  expect(shownThreshold(threshold, unit)).toBe(text);
  expect(enteredThreshold(text, unit)).toBe(threshold);
});

it.each(["", " ", "five", "Infinity", "NaN", "1,5"])("reads no threshold from %j", (text) => {
  expect(enteredThreshold(text, "number")).toBeUndefined();
});
