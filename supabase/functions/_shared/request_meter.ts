import type { Sql } from "./database.ts";
import type { Logger } from "./log.ts";

export interface MeteredRequest {
  /** The route's pattern; `none` if no route matched. */
  route: string;
  method: string;
  status: number;
  seconds: number;
}

/** Counts the requests of a function, for monitoring. */
export interface RequestMeter {
  count(request: MeteredRequest): void;
}

export interface RequestMeterOptions {
  /** Adds to the counts of all isolates. */
  write(requests: MeteredRequest[]): Promise<void>;
  /** Keeps the isolate alive until the counts are written. */
  waitUntil(work: Promise<unknown>): void;
  logger: Logger;
  /** How long to collect requests before they are written together, in milliseconds. */
  gatherMs?: number;
}

/** The most requests that wait while the database is unavailable. */
const MOST_WAITING = 10_000;

/**
 * Collects requests and writes them together after their responses: at most once a second per isolate, so that counting
 * does not cost each request a transaction. An isolate that is killed loses what it collected in that second; requests
 * that could not be written are written with the next ones.
 */
export function createRequestMeter(
  { write, waitUntil, logger, gatherMs = 1_000 }: RequestMeterOptions,
): RequestMeter {
  let waiting: MeteredRequest[] = [];
  let gathering = false;

  async function flush(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, gatherMs));
    gathering = false;
    const requests = waiting;
    waiting = [];
    try {
      await write(requests);
    } catch (error) {
      waiting = [...requests, ...waiting].slice(-MOST_WAITING);
      logger.warn("requests not counted yet", {
        waiting: waiting.length,
        error,
      });
    }
  }

  return {
    count(request) {
      waiting.push(request);
      if (gathering) return;
      gathering = true;
      waitUntil(flush());
    },
  };
}

/** Adds requests of this function to the counters in the database. */
export function writeRequests(sql: Sql, service: string) {
  return async (requests: MeteredRequest[]): Promise<void> => {
    await sql`
      select pipeline_internal.count_requests(
        ${service}, ${sql.json(requests as unknown as never)})`;
  };
}
