import type { ErrorCode } from "./error_codes.ts";

/** Why a call failed: with the API's message if it answered, else with the client's own. */
export class PipelineError extends Error {
  override name = "PipelineError";
  /**
   * Stable and machine-readable: the API's code (`rate_limited`), a failed document's (`PDF_IS_PROTECTED`), or the
   * client's own (`network_error`, `session_expired`, `file_changed` …).
   */
  readonly code: ErrorCode;
  /** The HTTP status; null if there was no response. */
  readonly status: number | null;
  /** The id by which operators find the request's logs and events. */
  readonly requestId: string | null;
  /** Machine-readable details, such as the invalid fields. */
  readonly details: unknown;
  /** The delay that the API asked for, in seconds. */
  readonly retryAfter: number | null;

  constructor(
    code: ErrorCode,
    message: string,
    { status, requestId, details, retryAfter, cause }: {
      status?: number;
      requestId?: string;
      details?: unknown;
      retryAfter?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message);
    if (cause !== undefined) {
      // The constructor's second argument is newer than ES2020.
      Object.defineProperty(this, "cause", { value: cause, writable: true, configurable: true });
    }
    this.code = code;
    this.status = status ?? null;
    this.requestId = requestId ?? null;
    this.details = details;
    this.retryAfter = retryAfter ?? null;
  }

  /** Whether the same call may succeed a little later. */
  get isTransient(): boolean {
    return this.code === "network_error" || this.status === 429 ||
      (this.status !== null && this.status >= 500);
  }
}

/** What was thrown, as an error with a code: `unexpected_error` if it has none. */
export function asPipelineError(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  return new PipelineError("unexpected_error", error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}

/** The error of a response other than 2xx, from the API or from a gateway before it. */
export function refusal(response: Response, body: unknown): PipelineError {
  const error = errorIn(body);
  return new PipelineError(
    error?.code ?? "unexpected_answer",
    error?.message ?? `The API answered ${response.status}.`,
    {
      status: response.status,
      requestId: error?.request_id ?? response.headers.get("x-request-id") ??
        undefined,
      details: error?.details,
      retryAfter: secondsOf(response.headers.get("retry-after")),
    },
  );
}

interface ErrorBody {
  code: string;
  message: string;
  request_id?: string;
  details?: unknown;
}

function errorIn(body: unknown): ErrorBody | undefined {
  const error = (body as { error?: Partial<ErrorBody> } | null)?.error;
  return typeof error?.code === "string" && typeof error.message === "string" ? error as ErrorBody : undefined;
}

/** `Retry-After` in seconds; a date, which the API does not send, counts as missing. */
function secondsOf(header: string | null): number | undefined {
  return header && /^\d+$/.test(header) ? Number(header) : undefined;
}
