// Runs in a function's process before the function and provides what hosted's runtime provides. It has no imports,
// because the process may read the function only.

interface BootOrder {
  /** Marks the line that gives the supervisor this process's port. */
  token: string;
  /** Bytes of heap and buffers that end the process when exceeded. */
  memoryBytes: number;
  /** Milliseconds that the process lives at most. */
  wallClockMs: number;
  /** The part of a limit after which `beforeunload` is dispatched. */
  unloadShare: number;
  /** Variables of the runtime, which are removed before the function runs. */
  hide: string[];
}

type Listen = (
  options: Deno.ServeTcpOptions,
  handler: Deno.ServeHandler<Deno.NetAddr>,
) => Deno.HttpServer<Deno.NetAddr>;

const BOOT_ORDER = "STACK_BOOT_ORDER";
const MEMORY_CHECK_MS = 250;

const order: BootOrder = JSON.parse(Deno.env.get(BOOT_ORDER) ?? "null");
for (const name of [BOOT_ORDER, ...order.hide]) Deno.env.delete(name);

const listen = Deno.serve as Listen;
/** Undelivered answers, and work that outlasts them. */
const pending = new Set<Promise<unknown>>();

Object.defineProperty(globalThis, "EdgeRuntime", {
  value: Object.freeze({
    /** Keeps the process alive for work that outlasts the response. */
    waitUntil<T>(promise: Promise<T>): Promise<T> {
      finishFirst(
        Promise.resolve(promise)
          .catch((error) => console.error("background task failed:", error)),
      );
      return promise;
    },
  }),
});

Object.defineProperty(Deno, "serve", {
  configurable: true,
  value: (...args: unknown[]) => serve(args),
});

function finishFirst(task: Promise<unknown>): void {
  const ended = task.finally(() => pending.delete(ended));
  pending.add(ended);
}

/** `Deno.serve` in each of its forms, on a loopback port of the supervisor's choosing. */
function serve(args: unknown[]): Deno.HttpServer<Deno.NetAddr> {
  const options = args.find((arg) => typeof arg === "object") as
    | (Deno.ServeTcpOptions & { handler?: unknown })
    | undefined;
  const handler = args.find((arg) => typeof arg === "function") ??
    options?.handler;
  if (typeof handler !== "function") {
    throw new TypeError("Deno.serve needs a handler");
  }
  const answer = handler as Deno.ServeHandler<Deno.NetAddr>;
  const server = listen({
    hostname: "127.0.0.1",
    port: 0,
    onError: options?.onError,
    onListen: ({ port }) => console.log(`${order.token} ${port}`),
  }, (request, info) => {
    // The caller may disconnect before the answer is complete.
    finishFirst(info.completed.catch(() => {}));
    return answer(request, info);
  });
  watchMemory();
  Deno.unrefTimer(
    setTimeout(
      () => unload("wall_clock"),
      order.wallClockMs * order.unloadShare,
    ),
  );
  Deno.addSignalListener("SIGUSR1", leave);
  Deno.addSignalListener("SIGUSR2", () => unload("cpu"));
  Deno.addSignalListener("SIGTERM", terminate);
  return server;
}

/** V8's own limit counts the heap only; hosted's counts buffers too. */
function watchMemory(): void {
  const timer = setInterval(() => {
    const { heapUsed, external } = Deno.memoryUsage();
    const used = heapUsed + external;
    if (used > order.memoryBytes) {
      console.error("memory limit exceeded");
      Deno.exit(137);
    }
    if (used > order.memoryBytes * order.unloadShare) unload("memory");
  }, MEMORY_CHECK_MS);
  Deno.unrefTimer(timer);
}

type UnloadReason =
  | "cpu"
  | "memory"
  | "wall_clock"
  | "early_drop"
  | "termination";

const unloaded = new Set<UnloadReason>();

/** Dispatches `beforeunload`, once for each reason. The function runs until its end. */
function unload(reason: UnloadReason): void {
  if (unloaded.has(reason)) return;
  unloaded.add(reason);
  dispatchEvent(
    new CustomEvent("beforeunload", { cancelable: true, detail: { reason } }),
  );
}

/** Ends a process that accepts no more requests as hosted does: when nothing is pending. */
async function leave(): Promise<void> {
  await drained();
  unload("early_drop");
  Deno.exit(0);
}

/** Ends a process whose function is replaced as hosted does: `beforeunload`, then the pending work, then the exit. */
async function terminate(): Promise<void> {
  unload("termination");
  const deadline = new Promise((resolve) => setTimeout(resolve, order.wallClockMs / 2));
  await Promise.race([drained(), deadline]);
  Deno.exit(0);
}

/** Replaces the server's shutdown, which would wait for the end of every request's body, even an abandoned one. */
async function drained(): Promise<void> {
  while (pending.size > 0) await Promise.allSettled(pending);
}

export {};
