import type { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { AppContext, AppEnv } from "./app_context.ts";
import { HttpError } from "./errors.ts";

/**
 * Requires one of these secrets as a bearer token: the current one, or during a rotation its predecessor. Otherwise 401
 * `unauthorized`.
 * @param instruction the error message
 */
export function requireSecret(
  secrets: readonly string[],
  instruction: string,
): MiddlewareHandler<AppEnv> {
  const shows = hasSecret(secrets);
  return async (c, next) => {
    if (!shows(c)) {
      throw new HttpError("unauthorized", { message: instruction });
    }
    await next();
  };
}

/** Whether a request has one of these secrets as its bearer token; false if there are no secrets. */
export function hasSecret(
  secrets: readonly string[] = [],
): (c: AppContext) => boolean {
  const digests = secrets.map(digest);
  return (c) => {
    const given = c.req.header("authorization")?.replace(/^Bearer /i, "");
    return given !== undefined && isAnyOf(digests, digest(given));
  };
}

/** Digests have one length, so that a secret's length does not show in the comparison's time. */
function digest(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/** Compares with each of them in constant time. */
function isAnyOf(digests: readonly Buffer[], given: Buffer): boolean {
  return digests.map((known) => timingSafeEqual(known, given)).includes(true);
}
