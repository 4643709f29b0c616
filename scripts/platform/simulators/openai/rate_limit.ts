import { OpenAiError } from "./embedding_request.ts";

const MINUTE_MS = 60_000;

/** A budget that refills evenly: so much a minute. */
class Budget {
  #left: number;
  #at = Date.now();

  constructor(readonly perMinute: number) {
    this.#left = perMinute;
  }

  /** What is left after taking the amount; negative, and nothing taken, if it does not suffice. */
  take(amount: number): number {
    const now = Date.now();
    const refill = (now - this.#at) / MINUTE_MS * this.perMinute;
    this.#left = Math.min(this.perMinute, this.#left + refill);
    this.#at = now;
    if (this.#left < amount) return this.#left - amount;
    this.#left -= amount;
    return this.#left;
  }

  /** Milliseconds until the amount has flowed in again. */
  refillMs(amount: number): number {
    return Math.ceil(amount / this.perMinute * MINUTE_MS);
  }
}

/** Requests and tokens a minute, as OpenAI counts and reports them. */
export class RateLimit {
  readonly #requests: Budget;
  readonly #tokens: Budget;

  constructor(requestsPerMinute: number, tokensPerMinute: number) {
    this.#requests = new Budget(requestsPerMinute);
    this.#tokens = new Budget(tokensPerMinute);
  }

  /** Counts a request. Returns the `x-ratelimit-*` headers of its answer; throws `OpenAiError` 429. */
  take(tokens: number): Record<string, string> {
    const requestsLeft = this.#requests.take(1);
    if (requestsLeft < 0) throw this.#exceeded("requests", -requestsLeft);
    const tokensLeft = this.#tokens.take(tokens);
    if (tokensLeft < 0) throw this.#exceeded("tokens", -tokensLeft);
    return this.#headers(requestsLeft, tokensLeft);
  }

  #headers(requestsLeft: number, tokensLeft: number): Record<string, string> {
    const requests = this.#requests;
    const tokens = this.#tokens;
    return {
      "x-ratelimit-limit-requests": String(requests.perMinute),
      "x-ratelimit-limit-tokens": String(tokens.perMinute),
      "x-ratelimit-remaining-requests": String(Math.floor(requestsLeft)),
      "x-ratelimit-remaining-tokens": String(Math.floor(tokensLeft)),
      "x-ratelimit-reset-requests": duration(
        requests.refillMs(requests.perMinute - requestsLeft),
      ),
      "x-ratelimit-reset-tokens": duration(
        tokens.refillMs(tokens.perMinute - tokensLeft),
      ),
    };
  }

  #exceeded(kind: "requests" | "tokens", missing: number): OpenAiError {
    const budget = kind === "requests" ? this.#requests : this.#tokens;
    const wait = budget.refillMs(missing);
    return new OpenAiError(
      429,
      `Rate limit reached for ${kind} per minute. Limit: ${budget.perMinute}. Please try again in ${duration(wait)}.`,
      { type: kind, code: "rate_limit_exceeded" },
      {
        "retry-after-ms": String(wait),
        "retry-after": String(Math.ceil(wait / 1000)),
        [`x-ratelimit-limit-${kind}`]: String(budget.perMinute),
        [`x-ratelimit-remaining-${kind}`]: "0",
        [`x-ratelimit-reset-${kind}`]: duration(wait),
      },
    );
  }
}

/** As in OpenAI's headers: `12ms`, `1.5s`, `6m0s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(3))}s`;
  return `${Math.floor(seconds / 60)}m${Math.round(seconds % 60)}s`;
}
