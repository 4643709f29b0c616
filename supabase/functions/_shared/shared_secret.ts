import type { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { AppContext, AppEnv } from "./app_context.ts";
import { HttpError } from "./errors.ts";

/**
 * Lets only those pass who show one of these secrets as a bearer token: the present one, or during a rotation its
 * predecessor. 401 `unauthorized` for others.
 * @param instruction what to show, for those who are turned away
 */
export function requireSecret(
  secrets: readonly string[],
  instruction: string,
): MiddlewareHandler<AppEnv> {
  const shows = showsSecret(secrets);
  return async (c, next) => {
    if (!shows(c)) throw new HttpError(401, "unauthorized", instruction);
    await next();
  };
}

/** Whether a request shows one of these secrets as a bearer token; none does where there are none. */
export function showsSecret(
  secrets: readonly string[] = [],
): (c: AppContext) => boolean {
  const digests = secrets.map(digest);
  return (c) => {
    const given = c.req.header("authorization")?.replace(/^Bearer /i, "");
    return given !== undefined && isAnyOf(digests, digest(given));
  };
}

/** As long for every secret, so that its length shows nothing either. */
function digest(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/** Compares in constant time, with each of them. */
function isAnyOf(digests: readonly Buffer[], given: Buffer): boolean {
  return digests.map((known) => timingSafeEqual(known, given)).includes(true);
}
