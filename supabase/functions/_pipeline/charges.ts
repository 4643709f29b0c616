import type { Job } from "./stage.ts";

/** What a provider charges for, as `pipeline_internal.record_charges` takes it. Told twice, it counts once. */
export interface Charge extends Record<string, string | number> {
  /** Names the parse or the call, and no other. */
  key: string;
  purpose: "parse" | "embed";
  /** LlamaParse's tier, or OpenAI's model. */
  model: string;
  /** Pages of a parse, else tokens; 0 as long as the provider has said nothing. */
  quantity: number;
  job_id: string;
  user_id: string;
}

/** LlamaParse has parsed so many pages of the job's document. */
export function parseCharge(
  job: Job,
  submissionId: string,
  tier: string,
  pages: number,
): Charge {
  const key = `parse:${submissionId}`;
  return chargeOf(job, { key, purpose: "parse", model: tier, quantity: pages });
}

/** The attempt's call number `ordinal` for embeddings; what it costs is added once OpenAI has said so. */
export function embedCharge(job: Job, model: string, ordinal: number): Charge {
  const { messageId, readCount } = job.lease;
  const key = `embed:${messageId}:${readCount}:${ordinal}`;
  return chargeOf(job, { key, purpose: "embed", model, quantity: 0 });
}

function chargeOf(
  { jobId, userId }: Job,
  rest: Pick<Charge, "key" | "purpose" | "model" | "quantity">,
): Charge {
  return { ...rest, job_id: jobId, user_id: userId };
}
