import type { MiddlewareHandler } from "hono";
import type { AppContext, AppEnv } from "../_shared/app_context.ts";
import type { Claims, Sql } from "../_shared/database.ts";
import {
  isDatabaseUnavailable,
  retryAfterHeader,
} from "../_shared/error_answer.ts";
import { HttpError } from "../_shared/errors.ts";
import { hmacHex } from "../_shared/signature.ts";

/** What is left of a caller's rate limit, after one was taken or refused. */
export interface RateLimitState {
  /** The name of the limit, as `pipeline_internal.limits` has it. */
  name: string;
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Seconds until the whole limit is there again. */
  resetSeconds: number;
}

/** Attempts to sign in and up count together, those to refresh a session by themselves. */
export type AttemptKind = "sign-in" | "refresh";

/** Counts requests in Postgres, so that all isolates share the count; one round trip each. */
export interface RateLimiter {
  /** @param polledId the document or job whose status is asked for, if that is what the request does */
  consumeRequest(userId: string, polledId?: string): Promise<RateLimitState>;
  consumeAttempt(kind: AttemptKind, address: string): Promise<RateLimitState>;
}

/** @param secret makes digests of addresses, which are not kept otherwise, useless to whoever finds them */
export function createRateLimiter(sql: Sql, secret: string): RateLimiter {
  return {
    async consumeRequest(userId, polledId) {
      const [row] = await sql<RateLimitRow[]>`
        select limit_name, allowed, limit_value, remaining, reset_seconds
        from pipeline_internal.consume_request(${userId}::uuid, ${
        polledId ?? null
      }::uuid)`;
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

/** A rate limit as the database's functions answer it. */
export interface RateLimitRow {
  limit_name: string;
  allowed: boolean;
  limit_value: number;
  remaining: number;
  reset_seconds: number;
}

export function toRateLimit(row: RateLimitRow): RateLimitState {
  return {
    name: row.limit_name,
    allowed: row.allowed,
    limit: row.limit_value,
    remaining: row.remaining,
    resetSeconds: row.reset_seconds,
  };
}

/** Has every request of a signed-in user counted, as soon as it is known whose it is (`requireUser`). */
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

/** As `countRequests`, for a route that tells the status of what its parameter of this name identifies. */
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
 * As `countRequests`, for a route whose own query counts the request and hands the rate limit to `admit`. What is refused
 * before it gets to that query is a request all the same.
 */
export function countInQuery(
  limiter: RateLimiter,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    c.set("admit", async () => {});
    await next();
    // A database that did not answer the query would have its caller wait once more.
    if (isDatabaseUnavailable(c.error)) return;
    if (c.get("claims") && !c.get("counted")) await countNow(c, limiter);
  };
}

/** Counts the request of a signed-in user, on a route that does not otherwise do so before its query (`countInQuery`). */
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

/** Counts what somebody attempts who is not signed in, or shows a password again, by the address that it comes from. */
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
 * Tells the caller what is left, and refuses who has nothing. The headers' names are those of the IETF draft that most
 * clients know: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-06
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
    throw new HttpError(
      429,
      "rate_limited",
      `Too many requests. Try again in ${resetSeconds} seconds.`,
      {
        details: { limit: name, limit_value: limit },
        headers: { ...headers, ...retryAfterHeader(resetSeconds) },
      },
    );
  }
  for (const [header, value] of Object.entries(headers)) {
    c.header(header, value);
  }
}
