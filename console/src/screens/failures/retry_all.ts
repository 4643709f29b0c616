import type { Functions } from "../../database.types.ts";

export type RetryFilter = Omit<Functions["retry_waiting"]["Args"], "p_dry_run">;
type Answer = Functions["retry_waiting"]["Returns"][number];
type RetryWaiting = (args: Functions["retry_waiting"]["Args"]) => Promise<Answer[]>;

/** Makes all documents due now that wait and match, some hundred with each call. Returns how many. */
export async function retryAll(retryWaiting: RetryWaiting, filter: RetryFilter): Promise<number> {
  let retried = 0;
  let until = filter.p_until;
  while (true) {
    const [answer] = await retryWaiting({ ...filter, p_until: until, p_dry_run: false });
    retried += answer.retried_count;
    if (answer.retried_count === 0 || answer.retried_count >= answer.document_count) return retried;
    // Those that fail again meanwhile wait for their own time.
    until ??= answer.asked_at;
  }
}
