import type { Functions } from "../../database.types.ts";
import { formatNumber, formatSeconds } from "../../format.ts";
import { type Unit, unitOf } from "./unit.ts";

export type Rule = Functions["alert_rules"]["Returns"][number];

/** A measured value or a threshold, with the unit of its rule. */
export function formatValue(value: number | null, unit: Unit): string {
  if (value === null) return "–";
  if (unit === "percent") return `${formatNumber(100 * value, 1)} %`;
  return unit === "seconds" ? formatSeconds(value) : formatNumber(value, 1);
}

/** The unit of an alert; its rule may be gone. */
export function unitOfAlert(rule: string, rules: Rule[]): Unit {
  return unitOf(rules.find((each) => each.rule === rule)?.summary ?? "");
}
