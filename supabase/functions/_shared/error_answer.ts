import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AppContext } from "./app_context.ts";
import { HttpError, ProviderError } from "./errors.ts";

export function answerError(error: Error, c: AppContext): Response {
  const known = asHttpError(error);
  if (!known) {
    c.var.log.error("unexpected error", { code: "internal_error", error });
    const message = "Something went wrong on our side.";
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

/** The errors that callers are meant to see; anything else is a defect and null. */
export function asHttpError(error: Error): HttpError | null {
  if (error instanceof HttpError) return error;
  if (error instanceof ProviderError) {
    const { retryAfter = 5 } = error.options;
    return new HttpError(
      503,
      error.code.toLowerCase(),
      "A service that this needs does not answer just now. Try again soon.",
      { cause: error, headers: retryAfterHeader(retryAfter) },
    );
  }
  if (isDatabaseUnavailable(error)) {
    return new HttpError(
      503,
      "database_unavailable",
      "The database does not answer just now. Try again soon.",
      { cause: error, headers: retryAfterHeader(5) },
    );
  }
  if (isAccountGone(error)) {
    return new HttpError(
      401,
      "unauthorized",
      "The account that this token belongs to is gone.",
      { cause: error },
    );
  }
  // Hono's validator throws this, with no code of its own, for a JSON body that does not parse.
  if (error instanceof HTTPException && error.status === 400) {
    return new HttpError(400, "invalid_json", "The body is not valid JSON.");
  }
  return null;
}

/** `Retry-After` in whole seconds, never 0. */
export function retryAfterHeader(seconds: number): { "retry-after": string } {
  return { "retry-after": String(Math.max(1, Math.ceil(seconds))) };
}

/**
 * Whether the database could not be reached or could not serve, as against a statement that is wrong: a connection
 * fault of the driver or the system, or SQLSTATE class 08 (connection), 53 (resources) or 57 (operator intervention).
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
 * A token outlives its account by up to an hour. It is refused as soon as the request is counted
 * (`pipeline_internal.require_account`); and what a request that was counted before would write has nobody to belong to.
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
