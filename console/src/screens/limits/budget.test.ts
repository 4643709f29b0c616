import { describe, expect, it } from "vitest";
import { type Budget, budgetEffect, centsOf } from "./budget.ts";

describe("centsOf", () => {
  it.each([["5", 500], [" 12.50 ", 1250], ["0", 0], ["0.0123", 1.23], ["1234567.89", 123456789]])(
    "reads %j dollars",
    (dollars, cents) => {
      expect(centsOf(dollars)).toBe(cents);
    },
  );
  it.each(["", "-1", "1,5", "1e3", "NaN", "five", "0.12345"])("takes %j for no amount", (dollars) => {
    expect(centsOf(dollars)).toBe(null);
  });
});

describe("budgetEffect", () => {
  const budget = { spent_cents: 300, reserved_cents: 100 } as Budget;

  it("says when the budget holds documents back", () => {
    expect(budgetEffect(budget, 200)).toContain("spent already");
    expect(budgetEffect(budget, 350)).toContain("use all of it");
    expect(budgetEffect(budget, 400)).toBe("");
    expect(budgetEffect(budget, null)).toContain("Nothing bounds");
  });
});
