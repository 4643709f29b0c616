import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AppContext } from "./app_context.ts";
import { HttpError, ProviderError } from "./errors.ts";

export function answerError(error: Error, c: AppContext): Response {
  const known = asHttpError(error);
  if (!known) {
    c.var.log.error("unexpected error", { code: "internal_error", error });
    const message =
      "An unexpected error occurred. Retry later; operators find it by the request id.";
    return errorAnswer(c, 500, "internal_error", message);
  }
  if (known.status >= 500) {
    c.var.log.error(known.message, {
      code: known.code,
      cause: known.options.cause,
    });
  }
  return errorAnswer(c, known.status, known.code, known.message, known.options);
}

/**
 * The errors that callers are meant to see. Any other error is a defect, and
 * null.
 */
export function asHttpError(error: Error): HttpError | null {
  if (error instanceof HttpError) return error;
  if (error instanceof ProviderError) {
    const { retryAfter = 5 } = error.options;
    return new HttpError(
      503,
      error.code.toLowerCase(),
      "A required service is unavailable. Retry later.",
      { cause: error, headers: retryAfterHeader(retryAfter) },
    );
  }
  if (isDatabaseUnavailable(error)) {
    return new HttpError(
      503,
      "database_unavailable",
      "The database is unavailable. Retry later.",
      { cause: error, headers: retryAfterHeader(5) },
    );
  }
  if (isAccountGone(error)) {
    return new HttpError(
      401,
      "unauthorized",
      "This token's account no longer exists.",
      { cause: error },
    );
  }
  // Hono's validator throws this, without a code, for a JSON body that does not
  // parse.
  if (error instanceof HTTPException && error.status === 400) {
    return new HttpError(400, "invalid_json", "The body is not valid JSON.");
  }
  return null;
}

/** `Retry-After` in whole seconds, at least 1. */
export function retryAfterHeader(seconds: number): { "retry-after": string } {
  return { "retry-after": String(Math.max(1, Math.ceil(seconds))) };
}

/**
 * Whether the database was unreachable or unable to serve, as opposed to a
 * wrong statement: a connection error of the driver or the system, or SQLSTATE
 * class 08 (connection), 53 (resources) or 57 (operator intervention).
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
 * A token outlives its account by up to an hour. It is refused when the request
 * is counted (`pipeline_internal.require_account`). For a request that was
 * counted earlier, the foreign key to the user fails.
 */
function isAccountGone(error: Error): boolean {
  if (error.name !== "PostgresError" || !("code" in error)) return false;
  if (error.code === "PT401") return true;
  return error.code === "23503" && "constraint_name" in error &&
    /_user_id_fkey$/.test(String(error.constraint_name));
}

export function errorAnswer(
  c: AppContext,
  status: number,
  code: string,
  message: string,
  { details, extra, headers }: HttpError["options"] = {},
): Response {
  c.set("code", code);
  const error = { code, message, request_id: c.get("requestId"), details };
  return c.json({ ...extra, error }, status as ContentfulStatusCode, headers);
}
