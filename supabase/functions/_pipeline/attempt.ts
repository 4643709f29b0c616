import { ProviderError } from "../_shared/errors.ts";
import type { Logger } from "../_shared/log.ts";
import type { Leases } from "./leases.ts";
import type { Job, Stage } from "./stage.ts";

/** How long to leave a job alone when its provider named no time, in seconds. */
const PAUSE_SECONDS = { throttled: 15, exhausted: 300 };

export interface AttemptOptions {
  leases: Leases;
  log: Logger;
  /** Aborts with the reason "lost" (somebody else has the message) or "shutdown". */
  signal: AbortSignal;
}

type Ending =
  | "done"
  | "paused"
  | "rejected"
  | "retried"
  | "released"
  | "lost";

/**
 * One attempt at one job: run the stage, then settle in one transaction. Never throws; every ending is one log line.
 * @returns whether the attempt took effect
 */
export async function attempt(
  stage: Stage,
  job: Job,
  { leases, log, signal }: AttemptOptions,
): Promise<boolean> {
  const startedAt = performance.now();
  const fields: Record<string, unknown> = {
    stage: stage.name,
    job_id: job.jobId,
    document_id: job.documentId,
    request_id: job.correlationId,
    attempt: job.attempt,
  };

  let ending: Ending;
  try {
    const settlement = await stage.run(job, signal);
    ending = await settlement.settle() ? settlement.outcome : "lost";
    if (settlement.code) fields.code = settlement.code;
  } catch (error) {
    const failure = describe(error);
    fields.code = failure.code;
    fields.error = error;
    ending = await settleFailure(failure, job, leases, signal)
      .catch((settleError) => {
        // The database is out of reach: the lease runs out, and the job is tried again.
        fields.settle_error = settleError;
        return "lost" as const;
      });
  }

  const level = fields.error ? "warn" : "info";
  log[level](`${stage.name} ${ending}`, {
    ...fields,
    outcome: ending,
    duration_ms: Math.round(performance.now() - startedAt),
  });
  return ending !== "lost";
}

interface Failure {
  kind: ProviderError["kind"];
  code: string;
  /** Shown to the document's owner. */
  message: string;
  retryAfter?: number;
}

function describe(error: unknown): Failure {
  if (error instanceof ProviderError) {
    const { kind, code, message, options } = error;
    return { kind, code, message, retryAfter: options.retryAfter };
  }
  // The owner is told no internals; the log line has them.
  return {
    kind: "transient",
    code: "INTERNAL_ERROR",
    message: "an unexpected error interrupted the processing",
  };
}

async function settleFailure(
  { kind, code, message, retryAfter }: Failure,
  { lease }: Job,
  leases: Leases,
  signal: AbortSignal,
): Promise<Ending> {
  if (signal.aborted) {
    if (signal.reason === "lost") return "lost";
    return await leases.pause(lease, 0) ? "released" : "lost";
  }
  switch (kind) {
    case "permanent":
      return await leases.reject(lease, code, message) ? "rejected" : "lost";
    case "throttled":
    case "exhausted": {
      const seconds = retryAfter ?? PAUSE_SECONDS[kind];
      return await leases.pause(lease, seconds, { code, message })
        ? "paused"
        : "lost";
    }
    case "transient":
      return await leases.retry(lease, code, message, retryAfter ?? 0)
        ? "retried"
        : "lost";
  }
}
