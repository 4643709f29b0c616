/**
 * An HTTP error of this project: a status, a stable machine-readable code, and
 * a sentence for people.
 */
export class HttpError extends Error {
  override name = "HttpError";

  constructor(
    readonly status:
      | 400
      | 401
      | 402
      | 403
      | 404
      | 408
      | 409
      | 413
      | 415
      | 422
      | 429
      | 500
      | 502
      | 503,
    readonly code: string,
    message: string,
    readonly options: {
      /** Machine-readable details, shown under `error.details`. */
      details?: unknown;
      /**
       * Further top-level fields of the body, for response shapes that older
       * clients expect.
       */
      extra?: Record<string, unknown>;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
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
    /** Stable, upper case: `PDF_IS_PROTECTED`, `OPENAI_RATE_LIMITED`, … */
    readonly code: string,
    message: string,
    readonly options: {
      /** The delay that the provider asked for, in seconds. */
      retryAfter?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }
}

/** A service of this project failed; that opens no provider's circuit. */
export class PlatformError extends ProviderError {}

/** The project's Storage failed. */
export class StorageError extends PlatformError {
  constructor(message: string, cause: unknown) {
    super("transient", "STORAGE_UNAVAILABLE", message, { cause });
  }
}

/** Delay before a file is scanned again after the scanner failed. */
const SCANNER_PAUSE_SECONDS = 30;

/**
 * The virus scanner gave no result. The file waits and is scanned again; that
 * costs no attempt.
 */
export class ScannerError extends PlatformError {
  constructor(message: string, cause: unknown) {
    super("throttled", "SCANNER_UNAVAILABLE", message, {
      cause,
      retryAfter: SCANNER_PAUSE_SECONDS,
    });
  }
}
