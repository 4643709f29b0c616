import { withCors } from "./cors.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { printTrace } from "../../dev/terminal/print.ts";

type Handler = (request: Request) => Promise<Response>;

/** What stands behind the gateway. */
export interface Services {
  auth: Handler;
  rest: Handler;
  storage: Handler;
  functions: Handler;
  realtime: Handler;
  /** Switches Realtime off and on, and cuts its connections. */
  realtimeControl: Handler;
  /** What the Supabase CLI asks of its Management API. */
  management: Handler;
  /** The pages of the stack itself, below `/_stack/`. */
  pages: Handler;
  /** The console, at the root; undefined for paths that it does not have. */
  console: (request: Request) => Promise<Response | undefined>;
  /** The answer of `/_stack`. */
  about(): unknown;
}

export interface Gateway {
  readonly port: number;
  readonly url: string;
  /** Starts passing requests on. Before, and after `null`, the gateway answers that they should be retried. */
  serve(services: Services | null): void;
  stop(): Promise<void>;
}

/** Milliseconds that running requests have to end when the gateway stops. */
const STOP_MS = 1_000;

/**
 * Listens on a loopback port, the one address of all services, as on Supabase.
 * @param port 0 for any free port
 * @throws {ErrorWithRemedy} if the port is taken
 */
export function openGateway(port: number): Gateway {
  let services: Services | null = null;
  const closed = new AbortController();
  const server = listen(port, closed.signal, (request) => {
    if (!services) return notReady();
    return handlerOf(new URL(request.url).pathname, services)(request);
  });
  let stopping: Promise<void> | undefined;

  return {
    port: server.addr.port,
    url: `http://127.0.0.1:${server.addr.port}`,
    serve(behind) {
      services = behind;
    },
    stop: () =>
      stopping ??= (async () => {
        services = null;
        const cut = setTimeout(() => closed.abort(), STOP_MS);
        await server.shutdown();
        clearTimeout(cut);
      })(),
  };
}

function listen(port: number, signal: AbortSignal, handler: Deno.ServeHandler) {
  try {
    return Deno.serve({
      hostname: "127.0.0.1",
      port,
      signal,
      onListen() {},
      onError(error) {
        printTrace(error, "gateway");
        return Response.json({ message: "An unexpected error occurred" }, {
          status: 500,
        });
      },
    }, handler);
  } catch (error) {
    throw explained(error, port);
  }
}

function handlerOf(path: string, services: Services): Handler {
  const [, service, version] = path.split("/");
  if (path === "/_stack") {
    return () => Promise.resolve(Response.json(services.about()));
  }
  if (path === "/_stack/realtime") return services.realtimeControl;
  if (service === "_stack") return services.pages;
  if (service === "v1") return services.management;
  if (version === "v1") {
    switch (service) {
      case "auth":
        return withCors(services.auth);
      case "rest":
        return withCors(services.rest);
      case "storage":
        return services.storage;
      case "functions":
        return services.functions;
      case "realtime":
        return services.realtime;
    }
  }
  return async (request) =>
    await services.console(request) ??
      Response.json({ message: "no Route matched with those values" }, { status: 404 });
}

function notReady(): Response {
  return Response.json({ message: "The stack is starting or stopping" }, {
    status: 503,
    headers: { "retry-after": "1" },
  });
}

function explained(error: unknown, port: number): unknown {
  if (error instanceof Deno.errors.AddrInUse) {
    return new ErrorWithRemedy(
      `Port ${port}, which the gateway is to listen on, is taken by another program.`,
      `Stop that program (\`ss -ltnp 'sport = :${port}'\` names it), or choose another port with --port.`,
      { cause: error },
    );
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new ErrorWithRemedy(
      `This user may not listen on port ${port}.`,
      "Choose a port above 1023 with --port.",
      { cause: error },
    );
  }
  return error;
}
