import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import { ProviderError } from "../_shared/errors.ts";

/** Codes of a 429 that a wait does not cure: the account has no credit left, or has reached its spending limit. */
const OUT_OF_CREDIT = /^(insufficient_quota|credit_balance_exhausted|.*_(spend|usage)_limit_exceeded)$/;

/**
 * The failure class of a failed call to OpenAI. The API's own messages are left out, because they may quote a part of
 * the key or of the text; its code and request id, which identify the failure, are kept.
 */
export function openAiFault(error: unknown): ProviderError {
  if (error instanceof APIConnectionTimeoutError) {
    return new ProviderError("transient", "OPENAI_TIMEOUT", { cause: error });
  }
  if (error instanceof APIConnectionError) {
    return new ProviderError("transient", "OPENAI_UNREACHABLE", {
      cause: error.cause,
    });
  }
  if (error instanceof APIError && error.status !== undefined) {
    return answeredFault(error, error.status);
  }
  return new ProviderError("transient", "OPENAI_BAD_ANSWER", { cause: error });
}

function answeredFault(error: APIError, status: number): ProviderError {
  const reason = [error.code, error.type].find((word) => word && OUT_OF_CREDIT.test(word));
  const particulars = describe(error, status);
  if (status === 402 || (status === 429 && reason)) {
    return new ProviderError("exhausted", "OPENAI_OUT_OF_CREDIT", {
      particulars,
    });
  }
  if (status === 401 || status === 403) {
    return new ProviderError("exhausted", "OPENAI_UNAUTHORIZED", {
      particulars,
    });
  }
  if (status === 404) {
    return new ProviderError("exhausted", "OPENAI_NOT_FOUND", { particulars });
  }
  const retryAfter = secondsToWait(error.headers);
  if (status === 429) {
    return new ProviderError("throttled", "OPENAI_RATE_LIMITED", {
      particulars,
      retryAfter,
    });
  }
  if (status === 408 || status === 409 || status >= 500) {
    // 503 affects all callers; the other errors may affect this request alone.
    return new ProviderError(
      status === 503 ? "throttled" : "transient",
      "OPENAI_UNAVAILABLE",
      { particulars, retryAfter },
    );
  }
  return new ProviderError("permanent", "OPENAI_REJECTED", { particulars });
}

function describe(error: APIError, status: number): string {
  const words = [error.code ?? error.type, error.requestID]
    .filter((word) => typeof word === "string" && /^[\w.-]{1,80}$/.test(word));
  return [`status ${status}`, ...words].join(", ");
}

/**
 * Whether a request had more tokens than the model or the API accepts at once.
 */
export function isTooManyTokens(error: unknown): boolean {
  if (!(error instanceof APIError)) return false;
  if (error.status === 413) return true;
  return error.status === 400 && (
    [error.code, error.type].some((word) => word === "max_tokens_per_request" || word === "context_length_exceeded") ||
    /maximum context length|max(imum)? \d+ tokens per request|maximum input length/i
      .test(error.message)
  );
}

/**
 * Seconds until OpenAI accepts the next request: `retry-after-ms`, else `retry-after` (seconds or a date), else the
 * later of the `x-ratelimit-reset-*` durations. Undefined without any of them.
 */
export function secondsToWait(
  headers: Headers | undefined,
  now = Date.now(),
): number | undefined {
  const milliseconds = number(headers?.get("retry-after-ms"));
  if (milliseconds !== undefined) return milliseconds / 1000;
  const after = headers?.get("retry-after");
  const seconds = number(after);
  if (seconds !== undefined) return seconds;
  const date = after ? Date.parse(after) : NaN;
  if (Number.isFinite(date)) return Math.max(0, (date - now) / 1000);
  const resets = ["requests", "tokens"]
    .map((limit) => duration(headers?.get(`x-ratelimit-reset-${limit}`)))
    .filter((reset) => reset !== undefined);
  return resets.length > 0 ? Math.max(...resets) : undefined;
}

function number(text: string | null | undefined): number | undefined {
  return text && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

const UNIT_SECONDS: Record<string, number> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86400,
};

/**
 * A duration as OpenAI writes it, in seconds: `12ms`, `1.5s`, `1m2s`, `6h0m0s`.
 */
function duration(text: string | null | undefined): number | undefined {
  if (!text || !/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)]
    .reduce(
      (sum, [, amount, unit]) => sum + Number(amount) * UNIT_SECONDS[unit],
      0,
    );
}
