/** What a worker process is told, by its environment. */
export interface WorkerOrder {
  databaseUrl: string;
  collectorUrl: string;
  /** Tasks at a time, in place of the side's default. */
  slots?: number;
  /** Which of the settings that the worker's file knows. */
  setting: string;
}

const ORDER = "BENCH_WORKER_ORDER";
const READY = "ready";
/** How long a worker may take to start, and to end by itself, in milliseconds. */
const TIMEOUT_MS = 15_000;

export interface WorkerProcess {
  /** Lets the worker end by itself; ends it if it does not. */
  stop(): Promise<void>;
}

/**
 * Starts a worker's file in a process of its own and waits until it says that it is ready.
 * @param file in `workers/`
 * @throws {Error} if it ends or stays silent instead
 */
export async function startWorkerProcess(
  file: string,
  order: WorkerOrder,
): Promise<WorkerProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `${import.meta.dirname}/workers/${file}`],
    env: { [ORDER]: JSON.stringify(order) },
    // The worker ends when this pipe does, so none is left behind if this process is killed.
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();

  const tooLate = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
  const ready = Promise.withResolvers<void>();
  const output = (async () => {
    const lines = child.stdout.pipeThrough(new TextDecoderStream());
    for await (const text of lines) {
      if (text.includes(READY)) ready.resolve();
    }
  })();
  child.status.then(({ code }) =>
    ready.reject(new Error(`the worker ${file} ended with ${code}`))
  );
  await ready.promise.finally(() => clearTimeout(tooLate));

  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    const late = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    await child.stdin.close();
    await child.status;
    await output;
    clearTimeout(late);
  }
  return { stop: () => stopping ??= stop() };
}

/** The other side: runs a worker until its parent lets it go. */
export async function serveOrder(
  start: (order: WorkerOrder) => Promise<{ stop(): Promise<unknown> }>,
): Promise<never> {
  const worker = await start(JSON.parse(Deno.env.get(ORDER)!));
  console.log(READY);
  for await (const _ of Deno.stdin.readable);
  await worker.stop();
  Deno.exit(0);
}
