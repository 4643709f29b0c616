import type { Json } from "../database.types.ts";
import { formatBytes, formatCents, formatNumber, formatSeconds } from "../format.ts";

/** A value as it is entered, and in the unit that its column's name has as people read it. */
export function shownValue(column: string, value: Json | undefined): string {
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.length > 0 ? value.join(", ") : "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value);
  const exact = formatNumber(value, 6);
  if (/(^|_)bytes(_|$)/.test(column)) return `${exact} (${formatBytes(value)})`;
  if (/_seconds$/.test(column)) return value < 120 ? `${exact} s` : `${exact} s (${formatSeconds(value)})`;
  if (/_cents(_|$)/.test(column)) return `${exact} (${formatCents(value)})`;
  return column === "days" ? `${exact} days` : exact;
}
