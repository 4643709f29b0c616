import type { MiddlewareHandler } from "hono";
import type { AppContext, AppEnv } from "../_shared/app_context.ts";
import type { Claims, Sql } from "../_shared/database.ts";
import { isDatabaseUnavailable, retryAfterHeader } from "../_shared/error_answer.ts";
import { HttpError } from "../_shared/errors.ts";
import { hmacHex } from "../_shared/signature.ts";
import type { Result } from "../_shared/database.types.ts";

/** A caller's rate limit after a request was counted or refused. */
export interface RateLimitState {
  /** The name of the limit in `pipeline_internal.limits`. */
  name: string;
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Seconds until the whole limit is available again. */
  resetSeconds: number;
}

/** Sign-ins and sign-ups count together, refreshes separately. */
export type AttemptKind = "sign-in" | "refresh";

/** Counts requests in Postgres, so that all isolates share the count; one round trip each. */
export interface RateLimiter {
  /**
   * @param polledId the document or job that the request polls, if it is a poll
   */
  consumeRequest(userId: string, polledId?: string): Promise<RateLimitState>;
  consumeAttempt(kind: AttemptKind, address: string): Promise<RateLimitState>;
}

/** @param secret keys the digests of addresses, so that a leaked digest reveals no address */
export function createRateLimiter(sql: Sql, secret: string): RateLimiter {
  return {
    async consumeRequest(userId, polledId) {
      const [row] = await sql<RateLimitRow[]>`
        select limit_name, allowed, limit_value, remaining, reset_seconds
        from pipeline_internal.consume_request(${userId}::uuid, ${polledId ?? null}::uuid)`;
      return toRateLimit(row);
    },

    async consumeAttempt(kind, address) {
      const digest = hmacHex(secret, `address:${address}`);
      const [row] = await sql<RateLimitRow[]>`
        select limit_name, allowed, limit_value, remaining, reset_seconds
        from pipeline_internal.consume_attempt(${kind}::text, ${digest}::text)`;
      return toRateLimit(row);
    },
  };
}

/** A rate limit as the database's functions return it. */
export type RateLimitRow = Result<"pipeline_internal", "consume_request">;

export function toRateLimit(row: RateLimitRow): RateLimitState {
  return {
    name: row.limit_name,
    allowed: row.allowed,
    limit: row.limit_value,
    remaining: row.remaining,
    resetSeconds: row.reset_seconds,
  };
}

/** Counts every request of a signed-in user as soon as the user is known (`requireUser`). */
export function countRequests(
  limiter: RateLimiter,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    c.set("admit", async (claims: Claims) => {
      admit(c, await limiter.consumeRequest(claims.sub));
    });
    await next();
  };
}

/** As `countRequests`, for a route that polls the status of the item that this parameter identifies. */
export function countPolls(
  limiter: RateLimiter,
  parameter: string,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    c.set("admit", async (claims: Claims) => {
      admit(c, await limiter.consumeRequest(claims.sub, idOf(c, parameter)));
    });
    await next();
  };
}

/**
 * As `countRequests`, for a route whose own query counts the request and passes the rate limit to `admit`. A request
 * that is refused before that query is counted as well.
 */
export function countInQuery(
  limiter: RateLimiter,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    c.set("admit", async () => {});
    await next();
    // An unavailable database would make the caller wait for a second time-out.
    if (isDatabaseUnavailable(c.error)) return;
    if (c.get("claims") && !c.get("counted")) await countNow(c, limiter);
  };
}

/** Counts a signed-in user's request before its query, on a route whose query otherwise counts it (`countInQuery`). */
export async function countNow(
  c: AppContext,
  limiter: RateLimiter,
): Promise<void> {
  admit(c, await limiter.consumeRequest(c.var.claims.sub));
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function idOf(c: AppContext, parameter: string): string | undefined {
  const id = c.req.param(parameter);
  return id && UUID.test(id) ? id : undefined;
}

/** Counts attempts of callers who are not signed in, or who send a password again, by their address. */
export function countAttempts(
  limiter: RateLimiter,
  kind: AttemptKind,
  method = "POST",
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (c.req.method === method) {
      admit(c, await limiter.consumeAttempt(kind, c.var.address));
    }
    await next();
  };
}

/**
 * Adds the headers of the rate limit, and refuses a caller who has exceeded it. The headers' names are those of the
 * IETF draft that most clients know: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-06
 * @throws {HttpError} 429 `rate_limited`
 */
export function admit(c: AppContext, rateLimit: RateLimitState): void {
  const { name, allowed, limit, remaining, resetSeconds } = rateLimit;
  c.set("counted", true);
  const headers = {
    "ratelimit-limit": String(limit),
    "ratelimit-remaining": String(remaining),
    "ratelimit-reset": String(resetSeconds),
  };
  if (!allowed) {
    throw new HttpError("rate_limited", {
      message: `Too many requests. Retry in ${resetSeconds} seconds.`,
      details: { limit: name, limit_value: limit },
      headers: { ...headers, ...retryAfterHeader(resetSeconds) },
    });
  }
  for (const [header, value] of Object.entries(headers)) {
    c.header(header, value);
  }
}
