/** A worker process' environment. */
export interface WorkerOrder {
  databaseUrl: string;
  collectorUrl: string;
  /** The number of concurrent tasks, instead of the default. */
  slots?: number;
  /** One of the settings in the worker's file. */
  setting: string;
}

const ORDER = "BENCH_WORKER_ORDER";
const READY = "ready";
/** Time-outs for a worker's start and for its own end, in milliseconds. */
const TIMEOUT_MS = 15_000;

export interface WorkerProcess {
  /** Waits for the worker to end, and kills it if it does not. */
  stop(): Promise<void>;
}

/**
 * Starts a worker's file in its own process and waits until it reports that it is ready.
 * @param file in `workers/`
 * @throws {Error} if it ends or reports nothing
 */
export async function startWorkerProcess(
  file: string,
  order: WorkerOrder,
): Promise<WorkerProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `${import.meta.dirname}/workers/${file}`],
    env: { [ORDER]: JSON.stringify(order) },
    // The worker ends when this pipe closes, so that it does not outlive a killed parent.
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
  child.status.then(({ code }) => ready.reject(new Error(`the worker ${file} ended with ${code}`)));
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

/** The worker's part: runs it until the parent closes the pipe. */
export async function serveOrder(
  start: (order: WorkerOrder) => Promise<{ stop(): Promise<unknown> }>,
): Promise<never> {
  const worker = await start(JSON.parse(Deno.env.get(ORDER)!));
  console.log(READY);
  for await (const _ of Deno.stdin.readable);
  await worker.stop();
  Deno.exit(0);
}
