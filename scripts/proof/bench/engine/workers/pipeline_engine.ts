import postgres from "postgres";
import { invoke } from "../../../../../supabase/functions/_engine/invoke.ts";
import { createLeases } from "../../../../../supabase/functions/_engine/leases.ts";
import { connect } from "../../../../../supabase/functions/_shared/database.ts";
import { createLogger } from "../../../../../supabase/functions/_shared/log.ts";
import { createReporter } from "../../reporter.ts";
import { WAKE_CHANNEL } from "../competitors/pipeline_engine.ts";
import { createNoopStages } from "../noop_stages.ts";
import { serveOrder } from "../worker_process.ts";

const BUDGET_MS = 110_000;

await serveOrder(async ({ databaseUrl, collectorUrl }) => {
  const sql = connect(databaseUrl);
  const listener = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const shutdown = new AbortController();
  const running = new Set<Promise<unknown>>();
  // The worker function without HTTP. It formats a log line for each attempt, as in the function, and discards it.
  const deps = {
    stages: createNoopStages(createReporter(collectorUrl)),
    leases: createLeases(sql),
    budgetMs: BUDGET_MS,
    shutdown: shutdown.signal,
    logger: createLogger("worker", () => {}),
    waitUntil(run: Promise<unknown>) {
      running.add(run);
      run.finally(() => running.delete(run));
    },
  };

  await listener.listen(WAKE_CHANNEL, (call) => {
    const [stage, runId] = call.split("?run_id=");
    deps.waitUntil(invoke(stage, runId, deps));
  });
  return {
    async stop() {
      shutdown.abort();
      while (running.size > 0) await Promise.all(running);
      await listener.end();
      await sql.end();
    },
  };
});
