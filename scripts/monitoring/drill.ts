import postgres from "postgres";
import { withTestStack } from "../test/test_stack.ts";
import { checkMetrics } from "./check_files.ts";
import { createScene, type Fault, settled } from "./faults.ts";
import { installMonitoringTools } from "./tools.ts";
import { startWatch } from "./watch.ts";

export interface Drilled {
  alert: string;
  /** Seconds from the fault, or its healing, until the receiver was told; undefined if it was not. */
  firedAfter?: number;
  resolvedAfter?: number;
  error?: string;
}

/**
 * Brings up a stack, Prometheus and Alertmanager, and for each fault: injects it, waits until its alerts have reached the
 * receiver, heals it, and waits until they are resolved.
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
  return await withTestStack(async (stack) => {
    await hasten(stack.databaseUrl);
    const watch = await startWatch(tools, stack.url);
    const scene = createScene(stack, watch);
    const results: Drilled[] = [];
    try {
      // So that what happens is seen as an increase.
      await scene.upload(1);
      for (const fault of faults) {
        await settled(scene);
        onProgress(fault.what);
        const found = fault.alerts.map((alert): Drilled => ({ alert }));
        results.push(...found);
        await follow(fault, found);
      }
      const metrics = await checkMetrics(tools, await watch.metrics());
      return { alerts: results, metrics };
    } finally {
      await scene.close();
      await watch.stop();
    }

    async function follow(fault: Fault, found: Drilled[]): Promise<void> {
      const healing = new AsyncDisposableStack();
      const each = (
        step: "firedAfter" | "resolvedAfter",
        wait: (alert: string) => Promise<void>,
      ) => {
        const startedAt = performance.now();
        return Promise.all(found.map(async (one) => {
          try {
            await wait(one.alert);
            one[step] = (performance.now() - startedAt) / 1000;
          } catch (error) {
            one.error ??= (error as Error).message;
          }
        }));
      };
      try {
        const fired = each("firedAfter", watch.fires);
        await fault.inject(scene, healing);
        await fired;
      } finally {
        await healing.disposeAsync();
      }
      await each("resolvedAfter", watch.resolves);
    }
  });
}

/** What the database does every few seconds or minutes, it does each second: the drill need not wait for it. */
async function hasten(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`
      select cron.alter_job(jobid, schedule => '1 second') from cron.job
      where jobname in ('pipeline-roll-up', 'pipeline-sweep')`;
    await sql`update pipeline_internal.limits set first_poll_seconds = 1`;
  } finally {
    await sql.end();
  }
}
