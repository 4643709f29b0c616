import postgres from "postgres";
import { withTestStack } from "../../platform/test_stack/test_stack.ts";
import { checkMetrics } from "./check_files.ts";
import { drillDatabase } from "./drill_config.ts";
import { createScene, type Fault } from "./faults.ts";
import { followRemedy } from "./remedy.ts";
import { databaseAlerts } from "./rules.ts";
import { readRemedies } from "./runbook.ts";
import { fires, resolves, type Teller, until } from "./notifier.ts";
import { installMonitoringTools } from "./tools.ts";
import { startWatch } from "./watch.ts";

export interface Drilled {
  alert: string;
  teller: string;
  /** Seconds from the fault, or its healing, until it was told; undefined if it was not. */
  firedAfter?: number;
  resolvedAfter?: number;
  error?: string;
}

/**
 * Brings up a stack, Prometheus and Alertmanager, and for each fault: injects it, waits until both they and the database
 * tell of its alerts, does what the runbook says, and waits until they are over.
 */
export async function drill(
  faults: Fault[],
  onProgress: (step: string) => void,
): Promise<{
  alerts: Drilled[];
  /** What promtool has against the metrics at the end; "" if nothing. */
  metrics: string;
}> {
  const tools = await installMonitoringTools();
  const remedies = readRemedies();
  return await withTestStack(async (stack) => {
    await using cleanup = new AsyncDisposableStack();
    const sql = postgres(stack.databaseUrl, { max: 2, onnotice: () => {} });
    cleanup.defer(() => sql.end({ timeout: 1 }));
    await drillDatabase(sql);
    const watch = await startWatch(tools, stack.url);
    cleanup.defer(() => watch.stop());
    const tellers = [watch, await databaseTeller(sql)];
    const scene = createScene(stack, sql, watch);
    cleanup.use(scene.leftovers);

    const results: Drilled[] = [];
    // So that what happens is seen as an increase.
    await scene.upload(1);
    for (const fault of faults) {
      await until(
        async () =>
          (await Promise.all(tellers.map((teller) => teller.firing())))
            .flat().length === 0,
        "nobody tells of anything",
      );
      onProgress(fault.what);
      results.push(...await follow(fault));
    }
    const metrics = await checkMetrics(tools, await watch.metrics());
    return { alerts: results, metrics };

    async function follow(fault: Fault): Promise<Drilled[]> {
      const found = fault.alerts.flatMap((alert) =>
        tellers.filter((teller) => teller.alerts.has(alert)).map((teller) => ({
          teller,
          drilled: { alert, teller: teller.name } as Drilled,
        }))
      );
      const each = (
        step: "firedAfter" | "resolvedAfter",
        wait: typeof fires,
      ) => {
        const startedAt = performance.now();
        return Promise.all(found.map(async ({ teller, drilled }) => {
          try {
            await wait(teller, drilled.alert);
            drilled[step] = (performance.now() - startedAt) / 1000;
          } catch (error) {
            drilled.error ??= (error as Error).message;
          }
        }));
      };
      const world = new AsyncDisposableStack();
      try {
        const fired = each("firedAfter", fires);
        await fault.inject(scene, world);
        await fired;
      } finally {
        await world.disposeAsync();
      }
      // What heals several alerts is done once.
      const steps = new Map(
        fault.alerts.flatMap((alert) => remedies.get(alert) ?? [])
          .map((step) => [step.text, step]),
      );
      for (const step of steps.values()) {
        onProgress(`  ${step.text.trim().split("\n").join("\n         ")}`);
        await followRemedy(step, scene, fault.blanks ?? {});
      }
      await fault.afterwards?.(scene);
      await each("resolvedAfter", resolves);
      return found.map(({ drilled }) => drilled);
    }
  });
}

/** The database's own alerts, as pg_cron opens and closes them. */
async function databaseTeller(sql: postgres.Sql): Promise<Teller> {
  return {
    name: "Postgres",
    alerts: new Set(await databaseAlerts(sql)),
    async firing() {
      const rows = await sql<{ rule: string }[]>`
        select distinct rule from pipeline_internal.alerts where closed_at is null`;
      return rows.map(({ rule }) => rule);
    },
  };
}
