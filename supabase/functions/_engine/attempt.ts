import { PlatformError, ProviderError } from "../_shared/errors.ts";
import { failure } from "../_shared/error_codes.ts";
import type { Logger } from "../_shared/log.ts";
import { BudgetSpent } from "./budget.ts";
import { type Charge, isKnown } from "./charges.ts";
import type { Settler } from "./settler.ts";
import type { Job, Settlement, Stage, StageResult } from "./stage.ts";

export interface AttemptOptions {
  settler: Settler;
  log: Logger;
  /** Aborts with the reason "lost" (another worker has the message) or "shutdown". */
  signal: AbortSignal;
  /** Is called before a job is returned of which this invocation has done its portion. */
  onContinue(): void;
}

/** How an attempt ended: as settled, returned for another invocation to continue, or with a lost lease. */
export type Ending = Settlement["outcome"] | "continue" | "lost";

/** One attempt at one job: run the stage, then settle. Never throws; every ending is one log line. */
export async function attempt(
  stage: Stage,
  job: Job,
  { settler, log, signal, onContinue }: AttemptOptions,
): Promise<Ending> {
  const startedAt = performance.now();
  const fields: Record<string, unknown> = {
    stage: stage.name,
    job_id: job.jobId,
    document_id: job.documentId,
    request_id: job.correlationId,
    attempt: job.attempt,
  };

  let ending: Ending;
  const charges: Charge[] = [];
  try {
    signal.throwIfAborted();
    const result = await stage.run(job, signal, charges);
    if (result === "continue") onContinue();
    ending = await settle(result, job, charges, settler);
    if (typeof result === "object" && "code" in result) {
      fields.code = result.code;
    }
  } catch (error) {
    const result = resultOf(error, signal);
    fields.error = error;
    if (typeof result === "object" && "code" in result) {
      fields.code = result.code;
    }
    ending = await settle(result, job, charges, settler).catch(
      (settleError) => {
        // The database is unreachable: the lease ends, and another worker tries the job.
        fields.settle_error = settleError;
        return "lost";
      },
    );
  }

  const level = fields.error ? "warn" : "info";
  log[level](`${stage.name} ${ending}`, {
    ...fields,
    outcome: ending,
    duration_ms: Math.round(performance.now() - startedAt),
  });
  return ending;
}

async function settle(
  result: StageResult,
  { lease }: Job,
  charges: Charge[],
  settler: Settler,
): Promise<Ending> {
  const known = charges.filter(isKnown);
  if (result === "lost" && known.length === 0) return "lost";
  // If the lease is lost, only the charges take effect.
  const settlement = typeof result === "object" ? result : returnJob;
  if (!await settler.settle(lease, settlement, known)) return "lost";
  return typeof result === "object" ? result.outcome : result;
}

const returnJob: Settlement = { outcome: "pause", afterSeconds: 0 };

/** The settlement for a thrown error. It shows the owner a provider's code and message, but no internals of the pipeline. */
function resultOf(error: unknown, signal: AbortSignal): StageResult {
  if (signal.aborted) return signal.reason === "lost" ? "lost" : returnJob;
  if (!(error instanceof ProviderError)) {
    return {
      outcome: "retry",
      afterSeconds: 0,
      ...failure("INTERNAL_ERROR"),
    };
  }

  const { kind, code, message, options: { retryAfter } } = error;
  if (error instanceof BudgetSpent) {
    return { outcome: "pause", afterSeconds: retryAfter!, code };
  }
  // A failure of the platform opens no provider's circuit.
  const isOwn = error instanceof PlatformError;
  switch (kind) {
    case "permanent":
      return { outcome: "reject", code, message };
    case "transient":
      return {
        outcome: "retry",
        afterSeconds: retryAfter ?? 0,
        code,
        message,
        ...!isOwn && { fault: kind },
      };
    case "throttled":
    case "exhausted":
      return {
        outcome: "pause",
        // 0: the provider named no time; the database knows how long to wait.
        afterSeconds: retryAfter ?? 0,
        code,
        message,
        ...!isOwn && { fault: kind },
      };
  }
}
