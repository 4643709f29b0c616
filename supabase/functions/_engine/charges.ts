import type { Job } from "./stage.ts";

/** What a provider charges for, as `pipeline_internal.record_charges` takes it. Told twice, it counts once. */
export type Charge = {
  /** Names the parse or the call, and no other. */
  key: string;
  purpose: "parse" | "embed";
  /** LlamaParse's tier, or OpenAI's model. */
  model: string;
  /** Pages of a parse, else tokens; 0 as long as the provider has said nothing. */
  quantity: number;
  /** What the provider says that it billed, in its own currency; null if it has not said so. */
  credits: number | null;
  job_id: string;
  user_id: string;
};

/** LlamaParse has worked on the job's document, whatever came of it. */
export function parseCharge(
  job: Job,
  submissionId: string,
  { tier, pages, credits }: {
    tier: string;
    pages: number;
    credits: number | null;
  },
): Charge {
  return chargeOf(job, {
    key: `parse:${submissionId}`,
    purpose: "parse",
    model: tier,
    quantity: pages,
    credits,
  });
}

/** Whether the provider has charged anything. */
export function isKnown({ quantity, credits }: Charge): boolean {
  return quantity > 0 || (credits ?? 0) > 0;
}

/** The attempt's call number `ordinal` for embeddings; what it costs is added once OpenAI has said so. */
export function embedCharge(job: Job, model: string, ordinal: number): Charge {
  const { messageId, readCount } = job.lease;
  const key = `embed:${messageId}:${readCount}:${ordinal}`;
  return chargeOf(job, {
    key,
    purpose: "embed",
    model,
    quantity: 0,
    credits: null,
  });
}

function chargeOf(
  { jobId, userId }: Job,
  rest: Omit<Charge, "job_id" | "user_id">,
): Charge {
  return { ...rest, job_id: jobId, user_id: userId };
}
