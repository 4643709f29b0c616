import { APIConnectionError, APIConnectionTimeoutError, APIError } from "@llamaindex/llama-cloud";
import { failure, type FailureCode, FAILURES } from "../_shared/error_codes.ts";
import { ProviderError } from "../_shared/errors.ts";
import { type PermanentCode, permanentCode } from "./llamaparse_failure_words.ts";

/** For the owner of a document in which no text was found, when text in pictures was not read. */
export const NO_TEXT_FOUND = FAILURES.NO_DATA_FOUND_IN_FILE.text;
/** The same when text in pictures was read too. */
export const NO_TEXT_FOUND_WITH_OCR = "No text was found, even with OCR: upload a copy whose pages can be read";

/** The text for the document's owner; LlamaParse does not name its limit of pages. */
function textOf(code: PermanentCode): string {
  return code === "TOO_MANY_PAGES" ? "The document has too many pages: upload it in parts" : FAILURES[code].text;
}

/**
 * Uploads are counted over 10 seconds, and a 429 does not say how long to wait.
 */
const RATE_LIMIT_SECONDS = 10;
const OUTAGE_SECONDS = 30;

/** How a parse ended that LlamaParse reports as failed. */
export interface Failure {
  code: FailureCode;
  message: string;
  permanent: boolean;
}

/**
 * The meaning of the job's error message, which contains a code or, as API v2 leaves open, only words; an unknown
 * failure may pass if the document is resubmitted. Missing text is `NO_TEXT_FOUND`, with or without OCR: a caller that
 * used OCR replaces it with `NO_TEXT_FOUND_WITH_OCR`.
 */
export function parseFailure(errorMessage: string | null | undefined): Failure {
  const code = permanentCode(errorMessage ?? "");
  return code ? { code, message: textOf(code), permanent: true } : {
    ...failure("LLAMAPARSE_FAILED"),
    permanent: false,
  };
}

/**
 * The failure class of a failed call to LlamaParse:
 * - 402, 401, 403, 404 (of the API itself): `exhausted`; an operator has to act
 * - 429 and 503: `throttled`; no call succeeds now
 * - other 5xx, 408, 409, a network error, a time-out: `transient`; only this
 *   call may be affected
 * - any other 4xx: `permanent`; the same request would be refused again
 *
 * LlamaParse's own messages are left out, because they may quote what was sent.
 */
export function llamaParseFault(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof APIConnectionTimeoutError) {
    return llamaParseTimeout();
  }
  if (error instanceof APIConnectionError) {
    return new ProviderError("transient", "LLAMAPARSE_UNREACHABLE", {
      cause: error.cause,
    });
  }
  if (error instanceof APIError && error.status !== undefined) {
    return answeredFault(error, error.status);
  }
  return badAnswer("it could not be read", error);
}

export function llamaParseTimeout(): ProviderError {
  return new ProviderError("transient", "LLAMAPARSE_TIMEOUT");
}

export function badAnswer(why: string, cause?: unknown): ProviderError {
  return new ProviderError("transient", "LLAMAPARSE_BAD_ANSWER", {
    message: failure("LLAMAPARSE_BAD_ANSWER", { reason: why }).message,
    cause,
  });
}

function answeredFault(error: APIError, status: number): ProviderError {
  const retryAfter = retryAfterSeconds(error.headers);
  switch (status) {
    case 401:
    case 403:
      return new ProviderError("exhausted", "LLAMAPARSE_UNAUTHORIZED", {
        particulars: `status ${status}`,
      });
    case 402:
      return new ProviderError("exhausted", "LLAMAPARSE_OUT_OF_CREDITS");
    case 404:
      return new ProviderError("exhausted", "LLAMAPARSE_NOT_FOUND", {
        particulars: "status 404",
      });
    case 429:
      return new ProviderError("throttled", "LLAMAPARSE_RATE_LIMITED", {
        retryAfter: retryAfter ?? RATE_LIMIT_SECONDS,
      });
    case 503:
      return new ProviderError("throttled", "LLAMAPARSE_UNAVAILABLE", {
        particulars: "status 503",
        retryAfter: retryAfter ?? OUTAGE_SECONDS,
      });
    case 413:
      return permanent("DOCUMENT_TOO_LARGE");
    case 415:
      return permanent("UNSUPPORTED_FILE_TYPE");
  }
  if (status >= 500 || status === 408 || status === 409) {
    return new ProviderError("transient", "LLAMAPARSE_UNAVAILABLE", {
      particulars: `status ${status}`,
      retryAfter,
    });
  }
  // A 422 is about fields of the request, not about the document.
  const code = status === 422 ? undefined : permanentCode(error.message);
  if (code) return permanent(code);
  return new ProviderError("permanent", "LLAMAPARSE_REJECTED", {
    particulars: `status ${status}`,
  });
}

function permanent(code: PermanentCode): ProviderError {
  return new ProviderError("permanent", code, { message: textOf(code) });
}

/** `Retry-After` in seconds, from seconds or a date. */
function retryAfterSeconds(headers: Headers | undefined): number | undefined {
  const value = headers?.get("retry-after")?.trim();
  if (!value) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}
