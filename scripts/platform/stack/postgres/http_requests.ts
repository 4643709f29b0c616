import postgres from "postgres";

/** As many requests as pg_net takes from its queue at once; the next when all of them are answered. */
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
  /** Takes no more requests and breaks off those under way, which the next sender sends again. */
  stop(): Promise<void>;
}

/**
 * Sends what `net.http_get`, `http_post` and `http_delete` queued, once the transaction that queued it has committed: what
 * pg_net's background worker does on hosted Supabase. As there, requests are sent in closed batches: the next is taken when all of
 * the last one are answered or timed out, and one transaction takes them from the queue, sends them and records the answers. So a
 * request that hangs keeps all later ones waiting, and whatever ends the sender in the middle of a batch has it sent again.
 * Nothing is polled; an insert into the queue notifies.
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
  let draining: Promise<void> | undefined;
  let askedAgain = false;
  let retry: ReturnType<typeof setTimeout> | undefined;

  /** One drain at a time; a wake-up that comes meanwhile has it look once more. */
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

  // The second callback runs whenever listening begins, after a lost connection too: what came meanwhile waits.
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
 * @returns how many they were
 * @throws if it is stopped, or the database goes away: then they are in the queue as before
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
