/** A job's start, as its worker saw it. */
export interface Start {
  jobId: string;
  /** The step of a chain, from 1. */
  step: number;
  /** See `clock.ts`. */
  at: number;
}

/** Receives reports of worker processes, in the measuring process. */
export interface Collector {
  /** Workers POST their starts to this URL. */
  url: string;
  /** Answers no request until it is stopped. */
  hangUrl: string;
  /** Answers any POST at once and does nothing: for wake-up calls to no worker. */
  sinkUrl: string;
  /**
   * The time when the step of the job started.
   * @throws {Error} if it has not started within `timeoutMs`
   */
  startOf(jobId: string, step: number, timeoutMs: number): Promise<number>;
  /** All starts since the last `clear`, in the order of their reports. */
  starts(): readonly Start[];
  clear(): void;
  stop(): Promise<void>;
}

export function startCollector(): Collector {
  let starts: Start[] = [];
  const times = new Map<string, number>();
  const awaited = new Map<string, (at: number) => void>();

  function record(start: Start): void {
    starts.push(start);
    const key = keyOf(start.jobId, start.step);
    // A job that started twice counts from its first start.
    if (times.has(key)) return;
    times.set(key, start.at);
    awaited.get(key)?.(start.at);
    awaited.delete(key);
  }

  const stopped = Promise.withResolvers<void>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/hang") await stopped.promise;
      if (pathname === "/starts") {
        for (const start of await request.json() as Start[]) record(start);
      } else {
        await request.body?.cancel();
      }
      return new Response(null, { status: 202 });
    },
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;

  return {
    url: `${origin}/starts`,
    sinkUrl: `${origin}/sink`,
    hangUrl: `${origin}/hang`,
    async startOf(jobId, step, timeoutMs) {
      const key = keyOf(jobId, step);
      const known = times.get(key);
      if (known !== undefined) return known;
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      awaited.set(key, resolve);
      const timer = setTimeout(() => {
        awaited.delete(key);
        reject(
          new Error(
            `step ${step} of job ${jobId} did not begin within ${timeoutMs} ms`,
          ),
        );
      }, timeoutMs);
      return await promise.finally(() => clearTimeout(timer));
    },
    starts: () => starts,
    clear() {
      starts = [];
      times.clear();
    },
    stop() {
      stopped.resolve();
      return server.shutdown();
    },
  };
}

function keyOf(jobId: string, step: number): string {
  return `${jobId}/${step}`;
}
