import type { Functions } from "../../database.types.ts";

export type Budget = Functions["user_budgets"]["Returns"][number];

/** The kinds of a user's budget, for people. */
export const KINDS: Record<string, string> = { default: "that of all users", own: "their own", unlimited: "unlimited" };

/** US dollars as entered, in cents; null if it is no amount. */
export function centsOf(dollars: string): number | null {
  const text = dollars.trim();
  return /^\d+(\.\d{1,4})?$/.test(text) ? Math.round(Number(text) * 1e6) / 1e4 : null;
}

/** What the budget means for the rest of the month; a sentence, or nothing. */
export function budgetEffect({ spent_cents, reserved_cents }: Budget, monthlyCents: number | null): string {
  if (monthlyCents === null) return "Nothing bounds what this user costs.";
  if (monthlyCents < spent_cents) return "It is spent already: further documents wait until the next month.";
  return monthlyCents < spent_cents + reserved_cents
    ? "Charges and reservations use all of it: further documents wait."
    : "";
}
