import type { Sql } from "../_shared/database.ts";
import { ProviderError } from "../_shared/errors.ts";

/** The longest wait within an attempt, in seconds; for a longer one the job is returned. */
const SHORT_WAIT = 2;

/** A provider's rate limit, which all workers share through the database. */
export interface Budget {
  /**
   * Consumes so many requests and tokens of the provider's buckets.
   * @throws {ProviderError} throttled, if it would take long
   */
  reserve(requests: number, tokens: number): Promise<void>;
}

type Provider = "llamaparse" | "openai";

export function createBudget(sql: Sql, provider: Provider): Budget {
  const take = async (requests: number, tokens: number) => {
    const [{ wait }] = await sql<{ wait: number }[]>`
      select pipeline_internal.reserve(${provider}, ${requests}, ${tokens}) as wait`;
    return wait;
  };
  return {
    async reserve(requests, tokens) {
      for (;;) {
        const wait = await take(requests, tokens);
        if (wait === 0) return;
        if (wait > SHORT_WAIT) {
          throw new BudgetSpent(provider, wait);
        }
        await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      }
    },
  };
}

/** The provider's buckets are empty for now; the provider itself was not asked. */
export class BudgetSpent extends ProviderError {
  constructor(provider: Provider, seconds: number) {
    super(
      "throttled",
      provider === "openai" ? "OPENAI_BUDGET_SPENT" : "LLAMAPARSE_BUDGET_SPENT",
      { retryAfter: seconds },
    );
  }
}
