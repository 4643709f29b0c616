import type postgres from "postgres";
import { parse } from "yaml";

/** The properties of an alert in any source. */
export interface AlertRule {
  name: string;
  severity: string;
  /** The threshold that the measured value must exceed; for Prometheus' own rules, fall below. */
  threshold: number;
  /** For how many seconds; and for how many it must hold again before the alert resolves. */
  forSeconds: number;
  keepFiringSeconds: number;
}

/** A rule in rules.yml: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export interface PrometheusRule {
  alert: string;
  expr: string;
  for?: string;
  keep_firing_for?: string;
  labels: { severity: string };
  annotations: { summary: string; look: string };
}

export interface RuleFile {
  groups: { name: string; rules: PrometheusRule[] }[];
}

/** The threshold at the end of an expression. */
export const BOUND = /([<>]) ([\d.]+)\s*$/;

/** @throws if a rule does not end with its threshold */
export function prometheusRules(text: string): AlertRule[] {
  const { groups }: RuleFile = parse(text);
  return groups.flatMap(({ rules }) => rules).map((rule) => {
    const bound = BOUND.exec(rule.expr);
    if (!bound) {
      throw new Error(`${rule.alert} does not end with its threshold`);
    }
    return {
      name: rule.alert,
      severity: rule.labels.severity,
      threshold: Number(bound[2]),
      forSeconds: seconds(rule.for),
      keepFiringSeconds: seconds(rule.keep_firing_for),
    };
  });
}

export async function databaseRules(sql: postgres.Sql): Promise<AlertRule[]> {
  const rows = await sql<AlertRule[]>`
    select rule as name, severity, threshold, for_seconds as "forSeconds", keep_firing_seconds as "keepFiringSeconds"
    from pipeline_internal.alert_rules`;
  return rows.map((row) => ({ ...row }));
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function seconds(duration: string | undefined): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(duration ?? "0s") ?? [];
  if (!unit) throw new Error(`no duration: ${duration}`);
  return Number(count) * UNITS[unit];
}
