/** What every HTTP error of this project carries: a stable machine-readable code, a sentence for people, a status. */
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
      /** Machine-readable particulars, shown under `error.details`. */
      details?: unknown;
      /** Further top-level fields of the body, for shapes that older clients know. */
      extra?: Record<string, unknown>;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }
}

/**
 * How a service (LlamaParse, OpenAI, Storage) failed, in the only terms that the engine acts on:
 * - `transient`: this call failed, the next may not; costs an attempt
 * - `throttled`: the provider asks for patience (rate limit, outage); costs no attempt
 * - `exhausted`: nobody's calls will succeed until an operator acts (credit, key); costs no attempt
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
      /** Seconds after which the provider said to come back. */
      retryAfter?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }
}

/** A part of our own failed; that says nothing about LlamaParse or OpenAI. */
export class PlatformError extends ProviderError {}

/** Our own Storage failed. */
export class StorageError extends PlatformError {
  constructor(message: string, cause: unknown) {
    super("transient", "STORAGE_UNAVAILABLE", message, { cause });
  }
}

/** Seconds after which a file is shown again to a scanner that gave no verdict. */
const SCANNER_PAUSE_SECONDS = 30;

/** The virus scanner gave no verdict. Files wait for it, at no cost in attempts. */
export class ScannerError extends PlatformError {
  constructor(message: string, cause: unknown) {
    super("throttled", "SCANNER_UNAVAILABLE", message, {
      cause,
      retryAfter: SCANNER_PAUSE_SECONDS,
    });
  }
}
