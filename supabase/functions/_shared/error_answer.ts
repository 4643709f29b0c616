import { HTTPException } from "hono/http-exception";
import type { AppContext } from "./app_context.ts";
import type { FailureCode } from "./error_codes.ts";
import { HttpError, ProviderError } from "./errors.ts";

export function answerError(error: Error, c: AppContext): Response {
  const known = asHttpError(error);
  if (!known) {
    c.var.log.error("unexpected error", { code: "internal_error", error });
    return errorAnswer(c, new HttpError("internal_error"));
  }
  if (known.status >= 500) {
    c.var.log.error(known.message, {
      code: known.code,
      cause: known.options.cause,
    });
  }
  return errorAnswer(c, known);
}

/** The errors that callers are meant to see. Any other error is a defect, and null. */
export function asHttpError(error: Error): HttpError | null {
  if (error instanceof HttpError) return error;
  if (error instanceof ProviderError) {
    const { retryAfter = 5 } = error.options;
    return new HttpError(error.code.toLowerCase() as Lowercase<FailureCode>, {
      cause: error,
      headers: retryAfterHeader(retryAfter),
    });
  }
  if (isDatabaseUnavailable(error)) {
    return new HttpError("database_unavailable", {
      cause: error,
      headers: retryAfterHeader(5),
    });
  }
  if (isAccountGone(error)) {
    return new HttpError("unauthorized", {
      message: "This token's account no longer exists.",
      cause: error,
    });
  }
  // Hono's validator throws this, without a code, for a JSON body that does not parse.
  if (error instanceof HTTPException && error.status === 400) {
    return new HttpError("invalid_json");
  }
  return null;
}

/** `Retry-After` in whole seconds, at least 1. */
export function retryAfterHeader(seconds: number): { "retry-after": string } {
  return { "retry-after": String(Math.max(1, Math.ceil(seconds))) };
}

/**
 * Whether the database was unreachable or unable to serve, as opposed to a wrong statement: a connection error of the
 * driver or the system, or SQLSTATE class 08 (connection), 53 (resources) or 57 (operator intervention).
 * https://www.postgresql.org/docs/17/errcodes-appendix.html
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const code = String(error.code);
  if (error.name === "PostgresError") return /^(08|53|57)/.test(code);
  return /^(POOL_EXHAUSTED|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)$/
    .test(code);
}

/**
 * A token outlives its account by up to an hour. It is refused when the request is counted
 * (`pipeline_internal.require_account`). For a request that was counted earlier, the foreign key to the user fails.
 */
function isAccountGone(error: Error): boolean {
  if (error.name !== "PostgresError" || !("code" in error)) return false;
  if (error.code === "PT401") return true;
  return error.code === "23503" && "constraint_name" in error &&
    /_user_id_fkey$/.test(String(error.constraint_name));
}

export function errorAnswer(
  c: AppContext,
  { status, code, message, options }: HttpError,
): Response {
  const { details, extra, headers } = options;
  c.set("code", code);
  const error = { code, message, request_id: c.get("requestId"), details };
  return c.json({ ...extra, error }, status, headers);
}
