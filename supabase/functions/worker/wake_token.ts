import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../_shared/app_context.ts";
import { HttpError } from "../_shared/errors.ts";
import { hmacHex, verifyHmac } from "../_shared/signature.ts";

const LIFETIME_SECONDS = 60;

/**
 * The token that `pipeline_internal.wake_token` creates: it permits one call of the worker until it expires. A user
 * with access to the database can read it there before pg_net sends it; so it only permits a call that is due anyway.
 * @param call the worker's route and query, as `embed?run_id=…`; for another function with its name, as
 * `isolation/embed?run_id=…`
 * @param expires Unix time, in seconds
 */
export function wakeToken(
  secret: string,
  call: string,
  expires = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS,
): string {
  return `${expires}.${hmacHex(secret, signed(call, expires))}`;
}

/**
 * Admits only calls with their own token, signed with one of these secrets: the current one, or during a rotation its
 * predecessor. Otherwise 401 `unauthorized`.
 * @param now Unix time, in milliseconds
 */
export function requireWakeToken(
  secrets: readonly string[],
  now: () => number = Date.now,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { pathname, search } = new URL(c.req.url);
    const call = pathname.replace(/^\/(worker\/)?/, "") + search;
    const [, expires, signature] = /^Bearer (\d{1,12})\.([0-9a-f]{64})$/i.exec(
      c.req.header("authorization") ?? "",
    ) ?? [];
    const isSigned = signature !== undefined &&
      secrets.map((secret) => verifyHmac(secret, signed(call, Number(expires)), signature)).includes(true);
    if (!isSigned) {
      throw new HttpError("unauthorized", {
        message: "Only the database calls the worker, with a token for each call: see pipeline_internal.wake.",
      });
    }
    if (Number(expires) * 1000 < now()) {
      throw new HttpError("unauthorized", {
        message:
          "The token of this call has expired: the call arrived late, or the clocks of the database and the functions differ.",
      });
    }
    await next();
  };
}

function signed(call: string, expires: number): string {
  return `${expires}:${call}`;
}
