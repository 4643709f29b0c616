// Runs in a function's process before the function: provides what hosted's runtime provides. It has no imports, because the
// process may read nothing but the function.

interface BootOrder {
  /** Marks the line that tells the supervisor where this process listens. */
  token: string;
  /** Bytes of heap and buffers that end the process when exceeded. */
  memoryBytes: number;
  /** Milliseconds that a retired process may spend on what is pending. */
  drainMs: number;
  /** Variables that the runtime needs, but not the function. */
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
/** Answers that are not yet delivered, and work that outlasts them. */
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
    // Whoever asked may leave before the answer is whole.
    finishFirst(info.completed.catch(() => {}));
    return answer(request, info);
  });
  // Only from here on: Deno runs the function's module once nothing that the preload began is pending.
  watchMemory();
  Deno.addSignalListener("SIGTERM", retire);
  return server;
}

/** V8's own limit counts the heap only; hosted's counts buffers too. */
function watchMemory(): void {
  const timer = setInterval(() => {
    const { heapUsed, external } = Deno.memoryUsage();
    if (heapUsed + external > order.memoryBytes) {
      console.error("memory limit exceeded");
      Deno.exit(137);
    }
  }, MEMORY_CHECK_MS);
  Deno.unrefTimer(timer);
}

let retiring = false;

/** The end that hosted gives an isolate: `beforeunload`, then what is pending, then nothing. */
async function retire(): Promise<void> {
  if (retiring) return;
  retiring = true;
  globalThis.dispatchEvent(
    new CustomEvent("beforeunload", { detail: { reason: "termination" } }),
  );
  // Not the server's own shutdown: that waits for the end of every request's body, too, though nobody reads it any more.
  const drained = (async () => {
    while (pending.size > 0) await Promise.allSettled(pending);
  })();
  const deadline = new Promise((resolve) => setTimeout(resolve, order.drainMs));
  await Promise.race([drained, deadline]);
  Deno.exit(0);
}

export {};
