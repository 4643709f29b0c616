/** What a rule's value is, as its summary says. */
export type Unit = "percent" | "seconds" | "number";

/** @param summary with `{percent}` for a share, and `{value}` otherwise */
export function unitOf(summary: string): Unit {
  if (summary.includes("{percent}")) return "percent";
  return summary.includes("{value} seconds") ? "seconds" : "number";
}

/** A threshold as a person enters it: a share in per cent. */
export function shownThreshold(threshold: number, unit: Unit): string {
  // Without the digits that only binary fractions have.
  return String(unit === "percent" ? Number((threshold * 100).toPrecision(12)) : threshold);
}

/** The reverse; undefined for what is no number. */
export function enteredThreshold(text: string, unit: Unit): number | undefined {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!Number.isFinite(value)) return undefined;
  return unit === "percent" ? Number((value / 100).toPrecision(12)) : value;
}
