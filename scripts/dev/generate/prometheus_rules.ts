import { stringify } from "yaml";
import { type AlertRule, readAlertRules } from "./alert_rules.ts";
import type { Product, Sources } from "./product.ts";

const HEAD =
  `# Prometheus' alerts. Written by npm run generate from monitoring/alerts.yml and pipeline_internal.alert_rules, whose rows the
# database evaluates by itself. docs/runbook.md has a section for each alert. rules.test.yml tests each.
`;

/** monitoring/rules.yml: the rules that Prometheus evaluates. */
export async function prometheusRules(sources: Sources): Promise<Product> {
  const rules = (await readAlertRules(sources))
    .filter(({ evaluatedBy }) => evaluatedBy !== "database")
    .map((rule) => ({
      alert: rule.name,
      expr: bounded(rule),
      ...rule.forSeconds > 0 && { for: duration(rule.forSeconds) },
      ...rule.keepFiringSeconds > 0 &&
        { keep_firing_for: duration(rule.keepFiringSeconds) },
      labels: { severity: rule.severity },
      annotations: { summary: summary(rule), look: rule.look },
    }));
  const groups = [{ name: "document-pipeline", rules }];
  return {
    path: "monitoring/rules.yml",
    text: HEAD + stringify({ groups }, { lineWidth: 0 }),
  };
}

function bounded({ expression, isLowerBound, threshold }: AlertRule): string {
  return `${expression} ${isLowerBound ? "<" : ">"} ${threshold}`;
}

/** In Prometheus' template language: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/ */
function summary({ name, summary, subject }: AlertRule): string {
  if (summary.includes("{subject}") && !subject) {
    throw new Error(`monitoring/alerts.yml names no subject of ${name}.`);
  }
  return summary.replaceAll("{subject}", `{{ $labels.${subject} }}`)
    .replaceAll("{percent}", "{{ $value | humanizePercentage }}")
    .replaceAll("{value} seconds", "{{ $value | humanizeDuration }}")
    .replaceAll("{value}", "{{ $value | humanize }}");
}

/** In the largest unit that has no remainder. */
function duration(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
