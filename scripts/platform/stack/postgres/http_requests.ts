import postgres from "postgres";
import { printTrace } from "../../../dev/terminal/print.ts";

/** The batch size of pg_net. The next batch begins when every request of the last is answered. */
const BATCH = 200;
/** How long pg_net keeps responses. */
const RESPONSES_KEPT = "6 hours";
const PURGE_EVERY_MS = 60_000;
/** Milliseconds to wait after a failed query. */
const RETRY_AFTER_MS = 1_000;
/** Postgres's error codes before the extension is created: the table or its schema does not exist. */
const NOT_CREATED = new Set(["42P01", "3F000"]);

interface QueuedRequest {
  id: string;
  method: string;
  url: string;
  headers: Record<string, unknown> | null;
  body: Uint8Array<ArrayBuffer> | null;
  timeout_milliseconds: number;
}

interface Answer {
  status_code: number | null;
  content_type: string | null;
  headers: Record<string, string> | null;
  content: string | null;
  timed_out: boolean;
  error_msg: string | null;
}

export interface HttpRequests {
  /** Stops taking requests and aborts the running ones; the next sender sends them again. */
  stop(): Promise<void>;
}

/**
 * Sends what `net.http_get`, `http_post` and `http_delete` have queued, after their transaction has committed, as
 * pg_net's background worker does on hosted Supabase. Like that, it sends closed batches: it takes the next when all
 * requests of the last are answered or timed out, and one transaction takes them from the queue, sends them and records
 * the answers. So a request that hangs delays all later ones, and a sender that ends within a batch has it sent again.
 * It does not poll; an insert into the queue notifies it.
 * @param adminUrl of the superuser
 * @param onError receives the error of a failed query, which is repeated
 */
export async function startHttpRequests(
  adminUrl: string,
  onError: (error: unknown) => void = printTrace,
): Promise<HttpRequests> {
  const sql = postgres(adminUrl, {
    max: 3,
    idle_timeout: 20,
    onnotice: () => {},
  });
  const stopped = new AbortController();
  let draining: Promise<void> | undefined;
  let askedAgain = false;
  let retry: ReturnType<typeof setTimeout> | undefined;

  /** Runs one drain at a time; a wake-up during a drain adds another round. */
  function wake(): void {
    askedAgain = true;
    draining ??= drain().finally(() => draining = undefined);
  }

  async function drain(): Promise<void> {
    try {
      while (askedAgain && !stopped.signal.aborted) {
        askedAgain = false;
        while (await sendBatch(sql, stopped.signal) > 0);
      }
    } catch (error) {
      if (stopped.signal.aborted || isNotCreated(error)) return;
      onError(error);
      clearTimeout(retry);
      retry = setTimeout(wake, RETRY_AFTER_MS);
    }
  }

  async function purge(): Promise<void> {
    try {
      await sql`
        delete from net._http_response
        where created < now() - ${RESPONSES_KEPT}::interval`;
    } catch (error) {
      if (!stopped.signal.aborted && !isNotCreated(error)) onError(error);
    }
  }

  // The second callback runs whenever listening begins, also after a lost connection: requests that were queued
  // meanwhile wait.
  await sql.listen("pg_net_wake", wake, wake);
  const purging = setInterval(purge, PURGE_EVERY_MS);

  return {
    async stop() {
      stopped.abort(new DOMException("the sender stops", "AbortError"));
      clearTimeout(retry);
      clearInterval(purging);
      await draining;
      await sql.end({ timeout: 1 });
    },
  };
}

/**
 * Sends the oldest requests and waits for all of their answers.
 * @returns the number of requests
 * @throws if it is stopped or the database goes away: then the requests are in the queue as before
 */
async function sendBatch(
  sql: postgres.Sql,
  stopped: AbortSignal,
): Promise<number> {
  return await sql.begin(async (tx) => {
    const requests = await tx<QueuedRequest[]>`
      with oldest as (select id from net.http_request_queue order by id limit ${BATCH})
      delete from net.http_request_queue q using oldest where q.id = oldest.id
      returning q.id, q.method, q.url, q.headers, q.body, q.timeout_milliseconds`;
    await Promise.all(requests.map(async (request) => {
      const answer = await send(request, stopped);
      stopped.throwIfAborted();
      await tx`
        insert into net._http_response ${
        tx({
          id: request.id,
          ...answer,
          headers: answer.headers && tx.json(answer.headers),
        })
      }`;
    }));
    return requests.length;
  });
}

/** Never throws: an error is the request's answer. */
async function send(
  request: QueuedRequest,
  stopped: AbortSignal,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(request.timeout_milliseconds);
  try {
    const response = await fetch(request.url, {
      method: request.method.toUpperCase(),
      headers: headersOf(request.headers),
      body: request.body,
      signal: AbortSignal.any([timeout, stopped]),
    });
    return {
      status_code: response.status,
      content_type: response.headers.get("content-type"),
      headers: Object.fromEntries(response.headers),
      // Text columns cannot hold the null character.
      content: (await response.text()).replaceAll("\0", ""),
      timed_out: false,
      error_msg: null,
    };
  } catch (error) {
    return {
      status_code: null,
      content_type: null,
      headers: null,
      content: null,
      timed_out: timeout.aborted,
      error_msg: timeout.aborted ? `Timeout of ${request.timeout_milliseconds} ms reached` : (error as Error).message,
    };
  }
}

function headersOf(stored: QueuedRequest["headers"]): Headers {
  const headers = new Headers({ "user-agent": "pg_net/0.14.0" });
  for (const [name, value] of Object.entries(stored ?? {})) {
    if (value !== null) headers.set(name, String(value));
  }
  return headers;
}

function isNotCreated(error: unknown): boolean {
  return error instanceof postgres.PostgresError && NOT_CREATED.has(error.code);
}
