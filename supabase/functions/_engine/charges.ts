import type { Job } from "./stage.ts";

/** What a provider charges for, as `pipeline_internal.record_charges` takes it. A key counts once. */
export type Charge = {
  /** Unique for the parse or the call. */
  key: string;
  purpose: "parse" | "embed";
  /** LlamaParse's tier, or OpenAI's model. */
  model: string;
  /** Pages of a parse, else tokens; 0 until the provider reports them. */
  quantity: number;
  /** What the provider reports as billed, in its own currency; null if it does not. */
  credits: number | null;
  job_id: string;
  user_id: string;
};

/** The charge of a parse, successful or not. */
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

/** The charge of the attempt's embeddings call number `ordinal`; OpenAI's answer adds its quantity. */
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
