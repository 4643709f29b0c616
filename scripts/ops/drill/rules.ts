import type postgres from "postgres";
import { parse } from "yaml";

/** What an alert depends on, wherever it is told from. */
export interface AlertRule {
  name: string;
  severity: string;
  /** What the measured value must pass; of Prometheus' own rules, fall below. */
  threshold: number;
  /** For how long, in seconds; and how long it must have kept to it again before the alert is over. */
  forSeconds: number;
  keepFiringSeconds: number;
}

/** A rule as rules.yml has it: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
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

/** The bound that an expression ends with. */
export const BOUND = /([<>]) ([\d.]+)\s*$/;

/** @throws if a rule does not end with its bound */
export function prometheusRules(text: string): AlertRule[] {
  const { groups }: RuleFile = parse(text);
  return groups.flatMap(({ rules }) => rules).map((rule) => {
    const bound = BOUND.exec(rule.expr);
    if (!bound) throw new Error(`${rule.alert} does not end with its bound`);
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
