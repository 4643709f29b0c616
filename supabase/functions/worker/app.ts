import { z } from "zod";
import { type App, createApp } from "../_shared/app.ts";
import { HttpError } from "../_shared/errors.ts";
import type { Logger } from "../_shared/log.ts";
import type { RequestMeter } from "../_shared/request_meter.ts";
import { requireSecret } from "../_shared/shared_secret.ts";
import { type InvocationDeps, invoke } from "../_pipeline/invoke.ts";
import type { Notified } from "../_pipeline/notify.ts";
import { STAGES } from "../_pipeline/stage.ts";
import type { Tidied } from "../_pipeline/tidy.ts";

export interface WorkerDeps extends InvocationDeps {
  /** Puts away what deleted documents and expired uploads leave in Storage and at LlamaParse. */
  tidy(log: Logger): Promise<Tidied>;
  /** Tells others what the outbox holds for them. */
  notify(log: Logger, budgetMs: number): Promise<Notified>;
  /** What the database shows when it calls; during a rotation its predecessor too. */
  secrets: readonly string[];
  meter?: RequestMeter;
}

/** Of the run that the database has asked for; whoever calls by hand begins one of his own. */
const RunId = z.uuid().optional();

/**
 * `POST /worker/{stage}?run_id=` works the stage's queue until it is empty or the time budget is spent. `POST /worker/tidy` puts
 * away what deleted documents and expired uploads leave behind, `POST /worker/notify` tells others what the outbox holds
 * for them. All answer 202 and do the work behind the answer, since the database's HTTP client waits for a few seconds only.
 */
export function createWorker(deps: WorkerDeps): App {
  const { secrets } = deps;
  const app = createApp("worker", deps);

  app.use("/worker/*", requireSecret(secrets, "Show the worker's secret."));

  app.post("/worker/tidy", (c) => {
    deps.waitUntil(tidyUp(deps));
    return c.json({}, 202);
  });

  app.post("/worker/notify", (c) => {
    deps.waitUntil(tellOthers(deps));
    return c.json({}, 202);
  });

  app.post("/worker/:stage", async (c) => {
    const name = STAGES.find((stage) => stage === c.req.param("stage"));
    if (!name) {
      throw new HttpError(
        404,
        "unknown_stage",
        `The stages are ${STAGES.join(", ")}.`,
      );
    }
    const asked = RunId.safeParse(c.req.query("run_id"));
    if (!asked.success) {
      throw new HttpError(422, "validation_failed", "run_id must be a UUID.");
    }

    const runId = asked.data ?? crypto.randomUUID();
    const { begun, ended } = invoke(name, runId, deps);
    deps.waitUntil(ended);
    // Nothing is waiting for the answer: it says what came of the call, and does not delay the work.
    const admitted = await begun !== null;
    return c.json({ run_id: runId, stage: name, admitted }, 202);
  });

  return app;
}

async function tidyUp({ tidy, logger }: WorkerDeps): Promise<void> {
  try {
    const { files, parses } = await tidy(logger);
    if (files + parses > 0) logger.info("tidied up", { files, parses });
  } catch (error) {
    logger.error("tidying up failed", { error });
  }
}

async function tellOthers(
  { notify, budgetMs, logger }: WorkerDeps,
): Promise<void> {
  try {
    const { delivered, failed } = await notify(logger, budgetMs);
    if (delivered + failed > 0) {
      logger.info("told others", { delivered, failed });
    }
  } catch (error) {
    logger.error("telling others failed", { error });
  }
}
