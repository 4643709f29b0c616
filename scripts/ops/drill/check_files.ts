import { LOCAL_KEYS } from "../../platform/stack/keys.ts";
import { CommandError, run } from "../../dev/command.ts";
import { MONITORING } from "./files.ts";
import type { MonitoringTools } from "./tools.ts";

/** Checks the programs' configuration files and a stack's metrics with their own tools; returns one text for each error. */
export async function checkFiles(
  { promtool, amtool }: MonitoringTools,
): Promise<{ passed: number; faults: string[] }> {
  const dir = await Deno.makeTempDir({ prefix: "monitoring-" });
  try {
    for await (const { name, isFile } of Deno.readDir(MONITORING)) {
      if (isFile) {
        await Deno.copyFile(`${MONITORING}/${name}`, `${dir}/${name}`);
      }
    }
    await Deno.writeTextFile(`${dir}/metrics_secret`, LOCAL_KEYS.metricsSecret);
    await Deno.writeTextFile(`${dir}/dashboard.yml`, await dashboardRules());
    const checks: [string, string[]][] = [
      [promtool, ["check", "rules", `${dir}/dashboard.yml`]],
      [promtool, ["check", "config", `${dir}/prometheus.yml`]],
      [promtool, ["check", "rules", "--lint-fatal", `${dir}/rules.yml`]],
      [promtool, ["test", "rules", `${dir}/rules.test.yml`]],
      [amtool, ["check-config", `${dir}/alertmanager.yml`]],
    ];
    const faults: string[] = [];
    for (const [program, args] of checks) {
      await run(program, args).catch((error) => {
        if (!(error instanceof CommandError)) throw error;
        faults.push(error.message);
      });
    }
    return { passed: checks.length - faults.length, faults };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The dashboard's queries as rules, which promtool can read: JSON is YAML. */
async function dashboardRules(): Promise<string> {
  const text = await Deno.readTextFile(`${MONITORING}/grafana-dashboard.json`);
  const { panels }: { panels: { targets?: { expr: string }[] }[] } = JSON.parse(
    text,
  );
  const rules = panels.flatMap(({ targets = [] }) => targets)
    .map(({ expr }, i) => ({ record: `dashboard:${i}`, expr }));
  return JSON.stringify({ groups: [{ name: "dashboard", rules }] });
}

/** promtool's objections to metrics in text format; "" without any. */
export async function checkMetrics(
  { promtool }: MonitoringTools,
  text: string,
): Promise<string> {
  const child = new Deno.Command(promtool, {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { stderr, stdout } = await child.output();
  const decoder = new TextDecoder();
  return (decoder.decode(stdout) + decoder.decode(stderr)).trim();
}
