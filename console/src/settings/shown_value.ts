import type { Json } from "../database.types.ts";
import { formatBytes, formatCents, formatNumber, formatSeconds } from "../format.ts";

/** A value as people read it, with the unit that its column's name has. */
export function shownValue(column: string, value: Json | undefined): string {
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.length > 0 ? value.join(", ") : "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value);
  if (/(^|_)bytes(_|$)/.test(column)) return formatBytes(value);
  if (/_seconds$/.test(column)) return formatSeconds(value);
  if (/_cents(_|$)/.test(column)) return formatCents(value);
  if (column === "days") return `${formatNumber(value, 2)} days`;
  return formatNumber(value, 3);
}
