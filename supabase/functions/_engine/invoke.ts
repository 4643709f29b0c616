import type { Logger } from "../_shared/log.ts";
import type { BegunRun, Leases } from "./leases.ts";
import { type RunResult, runStage } from "./run_stage.ts";
import type { Stage, StageName } from "./stage.ts";

export interface InvocationDeps {
  stages: Record<StageName, Stage>;
  leases: Leases;
  /** How long an invocation takes new work, in milliseconds. */
  budgetMs: number;
  /** Keeps the isolate alive until the promise settles, after the answer was sent. */
  waitUntil(work: Promise<unknown>): void;
  /** Aborts when the platform is about to retire this worker. */
  shutdown: AbortSignal;
  logger: Logger;
}

/**
 * An invocation of a stage: its run, and the runs that continue inline at later stages, all within one budget of time.
 * Each run is one log line. Resolves when all have ended; never rejects.
 */
export function invoke(
  name: StageName,
  runId: string,
  { stages, leases, budgetMs, waitUntil, shutdown, logger }: InvocationDeps,
): Promise<void> {
  const deadline = Date.now() + budgetMs;

  const work = (run: BegunRun, log: Logger) =>
    runStage(stages[run.stage], run, {
      leases,
      shutdown,
      deadline,
      log,
      continueInline: (next) => waitUntil(workLogged(next)),
    });
  const workLogged = (run: BegunRun) => {
    const log = logger.with({ run_id: run.runId });
    return report(run.stage, log, () => work(run, log));
  };

  const log = logger.with({ run_id: runId });
  return report(name, log, async () => {
    const run = await leases.beginRun(name, runId);
    return run && work(run, log);
  });
}

async function report(
  stage: StageName,
  log: Logger,
  run: () => Promise<RunResult | null>,
): Promise<void> {
  const startedAt = performance.now();
  try {
    const result = await run();
    log.info(result ? "run ended" : "run refused: enough are running", {
      stage,
      ...result && { end: result.end, settled: result.settledCount },
      duration_ms: Math.round(performance.now() - startedAt),
    });
  } catch (error) {
    // Its messages are due again when their leases end, and the sweeper wakes the stage.
    log.error("run failed", { stage, error });
  }
}
