import { createClient } from "@supabase/supabase-js";
import { z } from "zod";

const REQUEST_TIMEOUT_MS = 60_000;

/** A step of the demo did not succeed. Carries all that the API said, for the reader and for a bug report. */
export class DemoError extends Error {
  override name = "DemoError";

  constructor(
    message: string,
    readonly particulars: {
      /** The API's machine-readable code. */
      code?: string;
      /** The request's or the failure's id, by which logs and events can be searched. */
      reference?: string;
      /** The HTTP status. */
      status?: number;
      /** Seconds after which the API said to come back. */
      retryAfter?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: particulars.cause });
  }
}

const Session = z.object({
  access_token: z.string(),
  user: z.object({ id: z.string() }),
});
const Registration = z.object({
  job_id: z.string(),
  document_id: z.string(),
  signed_url: z.string(),
});
const DocumentStatus = z.object({
  status: z.string(),
  state: z.string(),
  queue_position: z.number().nullish(),
  next_attempt_at: z.string().nullish(),
  last_error: z.object({
    code: z.string(),
    message: z.string(),
    reference: z.string().nullish(),
  }).nullish(),
});
const SearchAnswer = z.object({
  mode: z.string(),
  /** True if the question could not be embedded, so that only words were compared. */
  degraded: z.boolean().default(false),
  results: z.array(z.object({
    filename: z.string(),
    page: z.number().nullish(),
    heading_path: z.array(z.string()).nullish(),
    content: z.string(),
    score: z.number(),
  })),
});

export type Registration = z.infer<typeof Registration>;
export type DocumentStatus = z.infer<typeof DocumentStatus>;
export type SearchAnswer = z.infer<typeof SearchAnswer>;
export type Passage = SearchAnswer["results"][number];

/** An entry of the document's history, as `upload_pipeline.events` holds it. */
export interface HistoryEvent {
  event_no: number;
  type: "status" | "retry" | "pause" | "failure";
  status: string;
  stage: string | null;
  code: string | null;
  message: string | null;
  created_at: string;
}

/** The public API as a program of a user's would call it: over HTTP, with a user's token and nothing else. */
export class ApiClient {
  readonly #url: string;
  readonly #publishableKey: string;
  readonly #signal: AbortSignal;
  readonly #database: ReturnType<typeof openDatabase>;
  #token: string | undefined;

  constructor(
    options: { url: string; publishableKey: string; signal: AbortSignal },
  ) {
    this.#url = options.url.replace(/\/+$/, "");
    this.#publishableKey = options.publishableKey;
    this.#signal = options.signal;
    this.#database = openDatabase(
      this.#url,
      this.#publishableKey,
      () => this.#token ?? null,
    );
  }

  async signUp(email: string, password: string): Promise<void> {
    await this.#call("Signing up", "POST", "auth/signup", z.unknown(), {
      email,
      password,
      consent_version: "1",
      consent_timestamp: new Date().toISOString(),
      name: "Demo",
    });
  }

  /** Every later call is made as this user. */
  async logIn(email: string, password: string): Promise<void> {
    const session = await this.#call(
      "Logging in",
      "POST",
      "auth/login",
      Session,
      { email, password },
    );
    this.#token = session.access_token;
  }

  async register(filename: string, bytes: Uint8Array): Promise<Registration> {
    return await this.#call(
      "Registering the document",
      "POST",
      "upload-document-backend",
      Registration,
      {
        filename,
        bytes_len: bytes.byteLength,
        mime: "application/pdf",
        sha256: await sha256(bytes),
      },
    );
  }

  async put(signedUrl: string, bytes: Uint8Array): Promise<void> {
    const response = await this.#fetch("Sending the bytes", signedUrl, {
      method: "PUT",
      headers: { "content-type": "application/pdf" },
      body: new Blob([bytes as Uint8Array<ArrayBuffer>]),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new DemoError(
        `Sending the bytes failed: Storage answered ${response.status} ${text}`,
        { status: response.status },
      );
    }
  }

  status(documentId: string): Promise<DocumentStatus> {
    return this.#call(
      "Asking for the status",
      "GET",
      `documents/${documentId}/status`,
      DocumentStatus,
    );
  }

  search(query: string, k: number): Promise<SearchAnswer> {
    return this.#call("Searching", "POST", "search", SearchAnswer, {
      query,
      k,
    });
  }

  /** What happened to a document after event number `after`, oldest first, read under row-level security. */
  async history(documentId: string, after: number): Promise<HistoryEvent[]> {
    const { data, error } = await this.#database.from("events")
      .select("event_no, type, status, stage, code, message, created_at")
      .eq("document_id", documentId).gt("event_no", after).order("event_no")
      .abortSignal(this.#signal);
    this.#signal.throwIfAborted();
    if (error) throw tableError("Reading the document's events", error);
    return data as HistoryEvent[];
  }

  /** What each status means, in words. */
  async meanings(): Promise<Map<string, string>> {
    const { data, error } = await this.#database.from("statuses")
      .select("status, meaning").abortSignal(this.#signal);
    this.#signal.throwIfAborted();
    if (error) throw tableError("Reading the statuses", error);
    return new Map(data.map(({ status, meaning }) => [status, meaning]));
  }

  async #call<T>(
    what: string,
    method: "GET" | "POST",
    path: string,
    answer: z.ZodType<T>,
    body?: unknown,
  ): Promise<T> {
    const headers = new Headers({ apikey: this.#publishableKey });
    if (this.#token) headers.set("authorization", `Bearer ${this.#token}`);
    if (body !== undefined) headers.set("content-type", "application/json");
    const response = await this.#fetch(
      what,
      `${this.#url}/functions/v1/api/${path}`,
      {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
      },
    );
    const text = await response.text();
    if (!response.ok) throw refusal(what, response, text);

    const parsed = answer.safeParse(fromJson(text));
    if (parsed.success) return parsed.data;
    throw new DemoError(
      `${what} failed: the API answered ${response.status}, but not in the documented shape`,
      {
        status: response.status,
        reference: response.headers.get("x-request-id") ?? undefined,
        cause: parsed.error,
      },
    );
  }

  async #fetch(
    what: string,
    url: string,
    init: RequestInit,
  ): Promise<Response> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    try {
      return await fetch(url, {
        ...init,
        signal: AbortSignal.any([this.#signal, timeout]),
      });
    } catch (cause) {
      this.#signal.throwIfAborted();
      const reason = timeout.aborted
        ? `no answer within ${REQUEST_TIMEOUT_MS / 1000} seconds`
        : networkFault(cause);
      throw new DemoError(`${what} failed: ${reason}`, { cause });
    }
  }
}

/** The tables that users may read, through the Data API. */
function openDatabase(
  url: string,
  publishableKey: string,
  token: () => string | null,
) {
  return createClient(url, publishableKey, {
    accessToken: () => Promise.resolve(token()),
    db: { schema: "upload_pipeline" },
  });
}

/** What the API said when it refused, with the code and the request's id from the body or the headers. */
function refusal(what: string, response: Response, text: string): DemoError {
  const parsed = z.object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      request_id: z.string().optional(),
    }),
  }).safeParse(fromJson(text));
  const said = parsed.success ? parsed.data.error : undefined;
  const retryAfter = Number(response.headers.get("retry-after") ?? NaN);
  return new DemoError(
    `${what} failed: ${
      said?.message ?? `the API answered ${text || "nothing"}`
    }`,
    {
      code: said?.code,
      status: response.status,
      reference: said?.request_id ?? response.headers.get("x-request-id") ??
        undefined,
      retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
    },
  );
}

/** Deno's fetch says "fetch failed", and in its cause why. */
function networkFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function tableError(
  what: string,
  error: { code: string; message: string },
): DemoError {
  return new DemoError(`${what} failed: ${error.message}`, {
    code: error.code,
    cause: error,
  });
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    bytes as Uint8Array<ArrayBuffer>,
  );
  return new Uint8Array(digest).toHex();
}
