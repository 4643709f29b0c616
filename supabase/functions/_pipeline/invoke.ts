import type { Logger } from "../_shared/log.ts";
import type { BegunRun, Leases } from "./leases.ts";
import { type RunResult, runStage, workRun } from "./run_stage.ts";
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
 * An invocation of a stage, and of the later ones to which it follows what it hands on, all within one budget of time.
 * Each run is one log line. Never throws.
 */
export async function invoke(
  name: StageName,
  runId: string,
  deps: InvocationDeps,
): Promise<void> {
  const { stages, leases, shutdown, logger, waitUntil } = deps;
  const deadline = Date.now() + deps.budgetMs;
  const optionsFor = (id: string) => ({
    leases,
    shutdown,
    deadline,
    log: logger.with({ run_id: id }),
    follow: (run: BegunRun) => waitUntil(goOn(run)),
  });
  const goOn = (run: BegunRun) => {
    const options = optionsFor(run.runId);
    return report(
      run.stage,
      options.log,
      () => workRun(stages[run.stage], run, options),
    );
  };

  const options = optionsFor(runId);
  await report(
    name,
    options.log,
    () => runStage(stages[name], { runId, ...options }),
  );
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
    // What it held comes back when the leases end; the sweeper wakes the stage again.
    log.error("run failed", { stage, error });
  }
}
