/** Tokens are priced by the million. */
export function amountOf({ unit }: { unit: string }): { units: number; unit: string } {
  return unit === "token" ? { units: 1_000_000, unit: "for a million tokens" } : { units: 1, unit: `a ${unit}` };
}

/** A price as an operator enters it, in US dollars. */
export function shownPrice({ unit, cents }: { unit: string; cents: number }): string {
  // Without the digits that only binary fractions have.
  return String(Number(((cents / 100) * amountOf({ unit }).units).toPrecision(12)));
}

/** The reverse: US cents a unit; undefined for what is no price. */
export function enteredCents(text: string, unit: string): number | undefined {
  const dollars = text.trim() === "" ? NaN : Number(text);
  if (!Number.isFinite(dollars) || dollars < 0) return undefined;
  return Number(((dollars * 100) / amountOf({ unit }).units).toPrecision(12));
}

/** Credits a unit; null for none, undefined for what is no number of credits. */
export function enteredCredits(text: string): number | null | undefined {
  if (text.trim() === "") return null;
  const credits = Number(text);
  return Number.isFinite(credits) && credits > 0 ? credits : undefined;
}
