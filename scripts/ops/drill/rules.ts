import type postgres from "postgres";
import { parse } from "yaml";

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

/** The names of the alerts that Prometheus evaluates. */
export function prometheusAlerts(text: string): string[] {
  const { groups }: RuleFile = parse(text);
  return groups.flatMap(({ rules }) => rules).map(({ alert }) => alert);
}

/** The names of the alerts that the database evaluates. */
export async function databaseAlerts(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ rule: string }[]>`
    select rule from pipeline_internal.alert_rules`;
  return rows.map(({ rule }) => rule);
}
