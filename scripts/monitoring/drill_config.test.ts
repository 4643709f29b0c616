import { expect, it } from "vitest";
import {
  drillAlertmanager,
  drillPrometheus,
  drillRules,
} from "./drill_config.ts";
import { FAULTS } from "./faults.ts";
import { MONITORING } from "./files.ts";
import { METRICS } from "../../supabase/functions/api/metrics.ts";

const read = (file: string) => Deno.readTextFile(`${MONITORING}/${file}`);
/** Named where an alert says what to look at. */
const SCHEMAS = ["pipeline_monitoring", "pipeline_internal"];
const alertsIn = (rules: string) =>
  [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
const metricsIn = (text: string) =>
  [...text.matchAll(/\bpipeline_\w+/g)].map(([name]) =>
    name.replace(/_(bucket|sum|count)$/, "")
  ).filter((name) => !SCHEMAS.includes(name));

it("every rule has a unit test, and a fault that the drill injects", async () => {
  const alerts = alertsIn(await read("rules.yml"));
  expect(alerts.length).toBeGreaterThanOrEqual(15);
  const tested = [
    ...(await read("rules.test.yml")).matchAll(
      /alertname: (\w+)\n +exp_alerts:\n/g,
    ),
  ].map(([, name]) => name);
  expect([...new Set(tested)].toSorted()).toEqual(alerts.toSorted());
  const drilled = Object.values(FAULTS).flatMap(({ alerts }) => alerts);
  expect(drilled.toSorted()).toEqual(alerts.toSorted());
});

it("rules and dashboard ask for metrics that there are", async () => {
  for (const file of ["rules.yml", "grafana-dashboard.json"]) {
    const asked = metricsIn(await read(file));
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !(name in METRICS))).toEqual([]);
  }
});

it("the drill changes patience and thresholds, and nothing else of a rule", async () => {
  const rules = await read("rules.yml");
  const drilled = drillRules(rules);
  expect(alertsIn(drilled)).toEqual(alertsIn(rules));
  expect(drilled).not.toMatch(/\d[mhd]\]|for: \d+[mhd]/);
  expect(drilled).toContain("pipeline_queue_oldest_seconds > 5\n");
  const unchanged = (text: string) =>
    text.split("\n").filter((line) => /summary|look|severity/.test(line));
  expect(unchanged(drilled)).toEqual(unchanged(rules));
  expect(() => drillRules(rules.replace("> 300", "> 301"))).toThrow(
    'PipelineQueueOld has no threshold "> 300"',
  );
});

it("the drill's configuration stays on loopback", async () => {
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
