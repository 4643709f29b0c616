import postgres from "postgres";

/** As many requests as pg_net takes from its queue at once. */
const BATCH = 200;
/** How long pg_net keeps responses. */
const RESPONSES_KEPT = "6 hours";
const PURGE_EVERY_MS = 60_000;
/** After the database could not be asked, in milliseconds. */
const RETRY_AFTER_MS = 1_000;
/** Said by Postgres while the extension has not been created: the table or its schema does not exist. */
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
  /** Takes no more requests and breaks off those under way. */
  stop(): Promise<void>;
}

/**
 * Sends what `net.http_get`, `http_post` and `http_delete` queued, once the transaction that queued it has committed: what
 * pg_net's background worker does on hosted Supabase. As there, a request is sent at most once: it leaves the queue
 * before it is sent. Nothing is polled; an insert into the queue notifies.
 * @param adminUrl of the superuser
 * @param onError told when the database could not be asked; it is asked again
 */
export async function startHttpRequests(
  adminUrl: string,
  onError: (error: unknown) => void = console.error,
): Promise<HttpRequests> {
  const sql = postgres(adminUrl, {
    max: 3,
    idle_timeout: 20,
    onnotice: () => {},
  });
  const stopped = new AbortController();
  const underWay = new Set<Promise<void>>();
  let draining = false;
  let askedAgain = false;
  let retry: ReturnType<typeof setTimeout> | undefined;

  /** One drain at a time; a wake-up that comes meanwhile has it look once more. */
  async function drain(): Promise<void> {
    askedAgain = true;
    if (draining) return;
    draining = true;
    try {
      while (askedAgain && !stopped.signal.aborted) {
        askedAgain = false;
        const room = BATCH - underWay.size;
        const requests = room > 0 ? await take(sql, room) : [];
        for (const request of requests) start(request);
        if (underWay.size < BATCH) continue;
        await Promise.race(underWay);
        askedAgain = true;
      }
    } catch (error) {
      if (stopped.signal.aborted || isNotCreated(error)) return;
      onError(error);
      clearTimeout(retry);
      retry = setTimeout(drain, RETRY_AFTER_MS);
    } finally {
      draining = false;
    }
  }

  function start(request: QueuedRequest): void {
    const sending = send(request, stopped.signal)
      .then((answer) => record(request.id, answer))
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
  }

  async function record(id: string, answer: Answer): Promise<void> {
    if (stopped.signal.aborted) return;
    try {
      await sql`
        insert into net._http_response ${
        sql({
          id,
          ...answer,
          headers: answer.headers && sql.json(answer.headers),
        })
      }`;
    } catch (error) {
      // Only the record of the response is lost, as it would be if Postgres crashed: the table is unlogged.
      if (!stopped.signal.aborted) onError(error);
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

  // The second callback runs whenever listening begins, after a lost connection too: what came meanwhile waits.
  await sql.listen("pg_net_wake", drain, drain);
  const purging = setInterval(purge, PURGE_EVERY_MS);

  return {
    async stop() {
      stopped.abort();
      clearTimeout(retry);
      clearInterval(purging);
      await Promise.allSettled(underWay);
      await sql.end({ timeout: 1 });
    },
  };
}

/** Removes the oldest requests from the queue. Two senders never take the same one. */
function take(sql: postgres.Sql, count: number): Promise<QueuedRequest[]> {
  return sql<QueuedRequest[]>`
    with oldest as (
      select id from net.http_request_queue order by id limit ${count} for update skip locked
    )
    delete from net.http_request_queue q using oldest where q.id = oldest.id
    returning q.id, q.method, q.url, q.headers, q.body, q.timeout_milliseconds`;
}

/** Never throws: whatever becomes of a request is its answer. */
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
      error_msg: timeout.aborted
        ? `Timeout of ${request.timeout_milliseconds} ms reached`
        : (error as Error).message,
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
