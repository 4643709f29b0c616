import type { Hono } from "hono";

/** A running simulator. */
export interface Simulator {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  url: string;
  /** Answers a request that came another way. */
  fetch(request: Request): Response | Promise<Response>;
  /** Ends open connections, timers and deliveries. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Serves an app on loopback only, and refuses callers that are not on this machine, so that the control routes can
 * never be reached from outside.
 *
 * @param port 0 for any free port
 * @param onStop called first when stopping: must let held requests and timers go
 */
export async function serveOnLoopback(
  app: Hono,
  port: number,
  onStop: () => void,
): Promise<Simulator> {
  const ended = new AbortController();
  const listening = Promise.withResolvers<void>();
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port,
      signal: ended.signal,
      onListen: () => listening.resolve(),
    },
    (request, info) => {
      if (!isLoopback(info.remoteAddr.hostname)) {
        return new Response("loopback only", { status: 403 });
      }
      return app.fetch(request);
    },
  );
  await listening.promise;
  let stopping: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    fetch: (request) => app.fetch(request),
    stop() {
      stopping ??= (async () => {
        onStop();
        ended.abort();
        await server.finished;
      })();
      return stopping;
    },
  };
}

/**
 * Whether a host name (as `URL.hostname` gives it) can only mean this machine.
 */
export function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  return bare === "localhost" || bare === "::1" ||
    /^127(\.\d{1,3}){3}$/.test(bare);
}

/** `--port 1234` of a simulator that is run alone; 0 (any free port) when absent. */
export function portArgument(args: string[]): number {
  const at = args.indexOf("--port");
  if (at < 0) return 0;
  const port = Number(args[at + 1]);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`--port needs a port number, got ${args[at + 1]}`);
  }
  return port;
}
