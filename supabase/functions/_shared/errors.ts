import { type FailureCode, FAILURES, HTTP_ERRORS, type HttpErrorCode, type HttpErrorStatus } from "./error_codes.ts";

/** An HTTP error of this project: a stable machine-readable code with its status, and a sentence for people. */
export class HttpError extends Error {
  override name = "HttpError";

  readonly status: HttpErrorStatus;

  /** @param code of {@link HTTP_ERRORS}, or of a failed service in lower case, which is a 503 */
  constructor(
    readonly code: HttpErrorCode | Lowercase<FailureCode>,
    readonly options: {
      /** In place of the sentence that {@link HTTP_ERRORS} has. */
      message?: string;
      /** Machine-readable details, shown under `error.details`. */
      details?: unknown;
      /** Further top-level fields of the body, for response shapes that older clients expect. */
      extra?: Record<string, unknown>;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    const { status, text } = code in HTTP_ERRORS ? HTTP_ERRORS[code as HttpErrorCode] : HTTP_ERRORS.storage_unavailable;
    super(options.message ?? text, { cause: options.cause });
    this.status = status;
  }
}

/**
 * How a service (LlamaParse, OpenAI, Storage) failed, as far as the engine
 * distinguishes it:
 * - `transient`: this call failed, the next may not; costs an attempt
 * - `throttled`: the provider asks callers to slow down (rate limit, outage);
 *   costs no attempt
 * - `exhausted`: every call fails until an operator acts (credit, key); costs
 *   no attempt
 * - `permanent`: this document can never succeed; not retried
 */
export type FaultKind = "transient" | "throttled" | "exhausted" | "permanent";

export class ProviderError extends Error {
  override name = "ProviderError";

  constructor(
    readonly kind: FaultKind,
    readonly code: FailureCode,
    readonly options: {
      /** In place of the sentence that {@link FAILURES} has. */
      message?: string;
      /** Added to the sentence, in parentheses. */
      particulars?: string;
      /** The delay that the provider asked for, in seconds. */
      retryAfter?: number;
      cause?: unknown;
    } = {},
  ) {
    const { message = FAILURES[code].text, particulars, cause } = options;
    super(particulars ? `${message} (${particulars})` : message, { cause });
  }
}

/** A service of this project failed; that opens no provider's circuit. */
export class PlatformError extends ProviderError {}

/** The project's Storage failed. */
export class StorageError extends PlatformError {
  constructor(message: string, cause: unknown) {
    super("transient", "STORAGE_UNAVAILABLE", { message, cause });
  }
}

/** Delay before a file is scanned again after the scanner failed. */
const SCANNER_PAUSE_SECONDS = 30;

/** The virus scanner gave no result. The file waits and is scanned again; that costs no attempt. */
export class ScannerError extends PlatformError {
  constructor(message: string, cause: unknown) {
    super("throttled", "SCANNER_UNAVAILABLE", {
      message,
      cause,
      retryAfter: SCANNER_PAUSE_SECONDS,
    });
  }
}
