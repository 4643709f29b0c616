import { type AlertRule, readAlertRules } from "./alert_rules.ts";
import { page, table } from "./markdown.ts";
import type { Product, Sources } from "./product.ts";

/** docs/reference/alerts.md: every alert with its threshold and times. */
export async function alertsPage(sources: Sources): Promise<Product> {
  const rules = await readAlertRules(sources);
  const alone = rules.filter(({ because }) => because);
  return {
    path: "docs/reference/alerts.md",
    text: page(
      "Alerts",
      "`pipeline_internal.alert_rules` and monitoring/alerts.yml",
      "An alert opens when the measured value has been beyond the threshold for the time under “for”. It closes when the value " +
        "has been within the threshold for the time under “closes after”. The [runbook](../runbook.md) says what to do.",
      table(
        [
          "alert",
          "severity",
          "measured",
          "threshold",
          "for",
          "closes after",
          "evaluated by",
        ],
        rules.map((rule) => [
          `[${rule.name}](../runbook.md#${rule.name.toLowerCase()})`,
          rule.severity,
          rule.measured,
          threshold(rule),
          minutes(rule.forSeconds),
          minutes(rule.keepFiringSeconds),
          rule.evaluatedBy,
        ]),
      ),
      alone.map(({ name, evaluatedBy, because }) =>
        `- Only ${evaluatedBy === "database" ? "the database" : evaluatedBy} evaluates ${name}: ${because}.`
      ).join("\n"),
    ),
  };
}

/** In the unit that the summary gives the value. */
function threshold({ summary, threshold, isLowerBound }: AlertRule): string {
  const isShare = summary.includes("{percent}");
  const value = isShare ? Number((threshold * 100).toPrecision(6)) : threshold;
  const unit = isShare ? " %" : summary.includes("{value} seconds") ? " s" : "";
  return `${isLowerBound ? "below " : ""}${value}${unit}`;
}

function minutes(seconds: number): string {
  return seconds === 0 ? "at once" : `${seconds / 60} min`;
}
