import { z } from "zod";
import type { CleanupResult } from "../_engine/cleanup.ts";
import { type InvocationDeps, invoke } from "../_engine/invoke.ts";
import type { Notified } from "../_engine/notify.ts";
import { createApp } from "../_shared/app.ts";
import type { App } from "../_shared/app_context.ts";
import { HttpError } from "../_shared/errors.ts";
import type { Logger } from "../_shared/log.ts";
import type { RequestMeter } from "../_shared/request_meter.ts";
import { STAGES } from "../_stages/index.ts";
import { requireWakeToken } from "./wake_token.ts";

export interface IsolationDeps extends InvocationDeps {
  /** The secrets with which the database signs its calls: the current one, during a rotation also its predecessor. */
  secrets: readonly string[];
  meter?: RequestMeter;
}

export interface WorkerDeps extends IsolationDeps {
  /** Removes what deleted documents and expired uploads left in Storage and at LlamaParse. */
  cleanup(log: Logger): Promise<CleanupResult>;
  /** Sends the notifications that are due in the outbox. */
  notify(log: Logger, budgetMs: number): Promise<Notified>;
}

/** The id of the run that the database starts. */
const RunId = z.uuid();

/**
 * `POST /worker/{stage}?run_id=` works on the stage's queue until it is empty or the time budget is spent. `POST
 * /worker/cleanup` removes what deleted documents and expired uploads left behind, `POST /worker/notify` sends the
 * notifications in the outbox. All answer 202 before they query the database, and do the work after the response: the
 * database sends its next calls when all previous ones are answered.
 */
export function createWorker(deps: WorkerDeps): App {
  const { secrets } = deps;
  const app = createApp("worker", deps);

  app.use("/worker/*", requireWakeToken(secrets));

  app.post("/worker/cleanup", (c) => {
    deps.waitUntil(cleanUp(deps));
    return c.json({}, 202);
  });

  app.post("/worker/notify", (c) => {
    deps.waitUntil(notifyOthers(deps));
    return c.json({}, 202);
  });

  serveStages(app, "worker", deps);
  return app;
}

/**
 * `POST /isolation/{stage}?run_id=` works on the stage's suspects: documents that workers died of, one at a time and
 * with no other document in the process.
 */
export function createIsolatedWorker(deps: IsolationDeps): App {
  const app = createApp("isolation", deps);
  app.use("/isolation/*", requireWakeToken(deps.secrets));
  serveStages(app, "isolation", deps);
  return app;
}

function serveStages(app: App, name: string, deps: InvocationDeps): void {
  app.post(`/${name}/:stage`, (c) => {
    const stage = STAGES.find((known) => known === c.req.param("stage"));
    if (!stage) {
      throw new HttpError("unknown_stage", {
        message: `The stages are ${STAGES.join(", ")}.`,
      });
    }
    const run = RunId.safeParse(c.req.query("run_id"));
    if (!run.success) {
      throw new HttpError("validation_failed", {
        message: "run_id must be a UUID.",
      });
    }
    deps.waitUntil(invoke(stage, run.data, deps));
    return c.json({}, 202);
  });
}

async function cleanUp({ cleanup, logger }: WorkerDeps): Promise<void> {
  try {
    const { files, parses } = await cleanup(logger);
    if (files + parses > 0) logger.info("cleaned up", { files, parses });
  } catch (error) {
    logger.error("cleanup failed", { error });
  }
}

async function notifyOthers(
  { notify, budgetMs, logger }: WorkerDeps,
): Promise<void> {
  try {
    const { delivered, failed } = await notify(logger, budgetMs);
    if (delivered + failed > 0) {
      logger.info("notifications sent", { delivered, failed });
    }
  } catch (error) {
    logger.error("sending notifications failed", { error });
  }
}
