/** Why a call did not succeed: the API's own words where it answered, ours where nobody did. */
export class PipelineError extends Error {
  override name = "PipelineError";
  /**
   * Stable and machine-readable: the API's code (`rate_limited`), a failed document's (`PDF_IS_PROTECTED`), or one of
   * `network_error`, `timeout`, `upload_refused` and `unexpected_answer`.
   */
  readonly code: string;
  /** The HTTP status; null if there was no answer. */
  readonly status: number | null;
  /** The id under which logs and events tell more. */
  readonly requestId: string | null;
  /** Machine-readable particulars, such as the fields that are wrong. */
  readonly details: unknown;
  /** Seconds after which the API said to come back. */
  readonly retryAfter: number | null;

  constructor(
    code: string,
    message: string,
    { status, requestId, details, retryAfter, cause }: {
      status?: number;
      requestId?: string;
      details?: unknown;
      retryAfter?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
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

/** The error of an answer that is not 2xx, whether it is the API's or a gateway's before it. */
export function refusal(response: Response, body: unknown): PipelineError {
  const told = errorIn(body);
  return new PipelineError(
    told?.code ?? "unexpected_answer",
    told?.message ?? `The API answered ${response.status}.`,
    {
      status: response.status,
      requestId: told?.request_id ?? response.headers.get("x-request-id") ??
        undefined,
      details: told?.details,
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
  return typeof error?.code === "string" && typeof error.message === "string"
    ? error as ErrorBody
    : undefined;
}

/** `Retry-After` in seconds; a date, which the API does not send, counts as not said. */
function secondsOf(header: string | null): number | undefined {
  return header && /^\d+$/.test(header) ? Number(header) : undefined;
}
