import type { Sql } from "../_shared/database.ts";
import { ProviderError } from "../_shared/errors.ts";

/** A wait this short is sat out; a longer one gives the job back. Seconds. */
const SHORT_WAIT = 2;

/** What may be asked of a provider, shared by all workers through the database. */
export interface Budget {
  /**
   * Resolves once so much has been taken from the provider's buckets.
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

/** Our own budget is spent for now; the provider itself has said nothing. */
export class BudgetSpent extends ProviderError {
  constructor(provider: Provider, seconds: number) {
    super(
      "throttled",
      provider === "openai" ? "OPENAI_BUDGET_SPENT" : "LLAMAPARSE_BUDGET_SPENT",
      { retryAfter: seconds },
    );
  }
}
