import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app.ts";
import { HttpError } from "./errors.ts";
import { hmacHex, verifyHmac } from "./signature.ts";

/**
 * Lets only those pass who show this secret as a bearer token; 401 `unauthorized` for others.
 * @param instruction what to show, for those who are turned away
 */
export function requireSecret(
  secret: string,
  instruction: string,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const given = c.req.header("authorization")?.replace(/^Bearer /i, "") ?? "";
    if (!await sameSecret(secret, given)) {
      throw new HttpError(401, "unauthorized", instruction);
    }
    await next();
  };
}

/** Compares in constant time: equal secrets sign alike, and the check of a signature leaks nothing. */
async function sameSecret(expected: string, given: string): Promise<boolean> {
  const probe = crypto.randomUUID();
  return given !== "" &&
    await verifyHmac(expected, probe, await hmacHex(given, probe));
}
