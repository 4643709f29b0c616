import { expect, it } from "vitest";
import { enteredCents, enteredCredits, shownPrice } from "./price.ts";

it.each([["page", 0.375, "0.00375"], ["page", 1.25, "0.0125"], ["token", 0.000002, "0.02"], ["token", 0, "0"]])(
  "shows the price of a %s of %d cents as $%s, and reads it back",
  (unit, cents, text) => {
    expect(shownPrice({ unit, cents })).toBe(text);
    expect(enteredCents(text, unit)).toBe(cents);
  },
);

it.each(["", " ", "-1", "a cent", "Infinity", "0,02"])("reads no price from %j", (text) => {
  expect(enteredCents(text, "page")).toBeUndefined();
});

it.each([["", null], [" ", null], ["3", 3], ["0.5", 0.5], ["0", undefined], ["-1", undefined], ["three", undefined]])(
  "reads the credits %j as %s",
  (text, credits) => expect(enteredCredits(text)).toBe(credits),
);
