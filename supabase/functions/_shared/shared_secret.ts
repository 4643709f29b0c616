import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app.ts";
import { HttpError } from "./errors.ts";
import { hmacHex, verifyHmac } from "./signature.ts";

/**
 * Lets only those pass who show one of these secrets as a bearer token: the present one, or during a rotation its
 * predecessor. 401 `unauthorized` for others.
 * @param instruction what to show, for those who are turned away
 */
export function requireSecret(
  secrets: readonly string[],
  instruction: string,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const given = c.req.header("authorization")?.replace(/^Bearer /i, "");
    if (!given || !isAnyOf(secrets, given)) {
      throw new HttpError(401, "unauthorized", instruction);
    }
    await next();
  };
}

/** Compares in constant time, with each of them: equal secrets sign alike, and the check of a signature leaks nothing. */
function isAnyOf(secrets: readonly string[], given: string): boolean {
  const probe = crypto.randomUUID();
  const signed = hmacHex(given, probe);
  const matches = secrets.map((secret) => verifyHmac(secret, probe, signed));
  return matches.includes(true);
}
