import postgres from "postgres";
import { connect } from "../../../../supabase/functions/_shared/database.ts";
import { createLogger } from "../../../../supabase/functions/_shared/log.ts";
import {
  createLeases,
  type Leases,
} from "../../../../supabase/functions/_pipeline/leases.ts";
import { runStage } from "../../../../supabase/functions/_pipeline/run_stage.ts";
import { createReporter } from "../../reporter.ts";
import { WAKE_CHANNEL } from "../contenders/pipeline_engine.ts";
import {
  createNoopStages,
  STEP_STAGES,
  type StepStage,
} from "../noop_stages.ts";
import { serveOrder } from "../worker_process.ts";

const BUDGET_MS = 110_000;

await serveOrder(async ({ databaseUrl, collectorUrl }) => {
  const sql = connect(databaseUrl, { max: 4 });
  const listener = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const leases = callingOn(createLeases(sql));
  const shutdown = new AbortController();
  const stages = createNoopStages(createReporter(collectorUrl));
  // A line is composed for each attempt, as in the function; here nobody reads it.
  const log = createLogger("worker", () => {});
  const running = new Map<StepStage, Set<Promise<void>>>(
    STEP_STAGES.map((stage) => [stage, new Set()]),
  );
  const calledAgain = new Set<StepStage>();

  /** An invocation. How many of a stage may run at once is the database's to say. */
  function invoke(name: StepStage, runId: string): void {
    const run = runStage(stages[name], {
      runId,
      leases,
      log,
      budgetMs: BUDGET_MS,
      shutdown: shutdown.signal,
    }).then(() => {}, (error) => console.error(error)).finally(() => {
      running.get(name)!.delete(run);
      if (calledAgain.delete(name)) callIfIdle(name);
    });
    running.get(name)!.add(run);
  }

  function callIfIdle(name: StepStage): void {
    if (shutdown.signal.aborted) return;
    if (running.get(name)!.size > 0) calledAgain.add(name);
    else invoke(name, crypto.randomUUID());
  }

  /** What the wake-up call does for a function: the next stage is called when documents were handed to it. */
  function callingOn(plain: Leases): Leases {
    return {
      ...plain,
      async settle(stage, settlements) {
        const settled = await plain.settle(stage, settlements);
        const next = STEP_STAGES[STEP_STAGES.indexOf(stage as StepStage) + 1];
        if (next && settled.size > 0) callIfIdle(next);
        return settled;
      },
    };
  }

  await listener.listen(WAKE_CHANNEL, (message) => {
    const [stage, runId] = message.split(" ");
    invoke(stage as StepStage, runId || crypto.randomUUID());
  });
  return {
    async stop() {
      shutdown.abort();
      await Promise.all([...running.values()].flatMap((runs) => [...runs]));
      await listener.end();
      await sql.end();
    },
  };
});
