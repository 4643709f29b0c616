import { expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { drillAlertmanager, drillPrometheus, drillRules } from "./drill_config.ts";
import { FAULTS } from "./faults.ts";
import { MONITORING } from "./files.ts";
import { BOUND, type PrometheusRule, type RuleFile } from "./rules.ts";
import { readRemedies } from "./runbook.ts";
import { METRICS } from "../../../supabase/functions/api/metrics.ts";

const read = (file: string) => Deno.readTextFile(`${MONITORING}/${file}`);
/** Named where an alert says what to check. */
const SCHEMAS = ["pipeline_monitoring", "pipeline_internal"];
const alertsIn = (rules: string) => [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
const metricsIn = (text: string) =>
  [...text.matchAll(/\bpipeline_\w+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, "")).filter((name) =>
    !SCHEMAS.includes(name)
  );

const remedies = readRemedies();

it("every Prometheus rule has a unit test", async () => {
  const alerts = alertsIn(await read("rules.yml"));
  expect(alerts.length).toBeGreaterThanOrEqual(20);
  const tested = [
    ...(await read("rules.test.yml")).matchAll(
      /alertname: (\w+)\n +exp_alerts:\n/g,
    ),
  ].map(([, name]) => name);
  expect([...new Set(tested)].toSorted()).toEqual(alerts.toSorted());
});

it("every alert has a fault that the drill injects, and a remedy that repairs it", () => {
  const drilled = Object.values(FAULTS).flatMap(({ alerts }) => alerts);
  expect(drilled.toSorted()).toEqual(
    [...remedies.keys()].toSorted(),
  );
  for (const { alerts, blanks = {} } of Object.values(FAULTS)) {
    const blanksOf = (alert: string) => {
      const steps = remedies.get(alert) ?? [];
      expect(steps, `the remedy of ${alert}`).not.toEqual([]);
      return steps.flatMap(({ text }) =>
        [...text.replaceAll("<ref>", "").matchAll(/<(\w+)>/g)]
          .map(([, blank]) => blank)
      );
    };
    expect([...new Set(alerts.flatMap(blanksOf))].toSorted())
      .toEqual(Object.keys(blanks).toSorted());
  }
});

it("rules and dashboard use existing metrics", async () => {
  for (const file of ["rules.yml", "grafana-dashboard.json"]) {
    const asked = metricsIn(await read(file));
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !(name in METRICS))).toEqual([]);
  }
});

it("the drill changes only durations and thresholds of a rule", async () => {
  const shipped: RuleFile = parse(await read("rules.yml"));
  const drilled: RuleFile = parse(drillRules(stringify(shipped)));
  const rulesOf = ({ groups }: RuleFile) => groups.flatMap(({ rules }) => rules);
  const inWords = (rules: PrometheusRule[]) =>
    rules.map(({ alert, expr, labels, annotations }) => ({
      alert,
      labels,
      annotations,
      expr: expr.replaceAll(/\[\d+[smhd]\]/g, "[]").replace(BOUND, "$1"),
    }));
  expect(inWords(rulesOf(drilled))).toEqual(inWords(rulesOf(shipped)));
  for (const rule of rulesOf(drilled)) {
    expect(rule.expr).not.toMatch(/\d[mhd]\]/);
    for (const duration of [rule.for, rule.keep_firing_for]) {
      expect(duration ?? "1s").toBe("1s");
    }
  }
  const queue = rulesOf(drilled).find(({ alert }) => alert === "PipelineQueueOld");
  expect(queue?.expr).toBe("pipeline_queue_oldest_message_seconds > 5");
  expect(() => drillRules(stringify(shipped).replaceAll("QueueOld", "Old")))
    .toThrow("unknown rule: PipelineQueueOld");
});

it("the drill's configuration uses loopback only", async () => {
  const prometheus = drillPrometheus(await read("prometheus.yml"), {
    target: "127.0.0.1:1",
    alertmanager: "127.0.0.1:2",
  });
  expect(prometheus).toContain('targets: ["127.0.0.1:1"]');
  expect(prometheus).toContain('targets: ["127.0.0.1:2"]');
  expect(prometheus).toContain("scheme: http\n");
  const alertmanager = drillAlertmanager(
    await read("alertmanager.yml"),
    "127.0.0.1:3",
  );
  expect(alertmanager.match(/127\.0\.0\.1:3/g)).toHaveLength(2);
  expect(alertmanager).not.toContain("9094");
});
