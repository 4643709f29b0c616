import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { securityHeaders } from "../../platform/console/policy.ts";
import type { ConsoleSettings } from "../../platform/console/settings.ts";
import { consoleSite } from "../../platform/console/site.ts";
import { printTrace } from "../../dev/terminal/print.ts";

export interface ServedConsole extends AsyncDisposable {
  url: string;
}

/**
 * Serves the console on loopback.
 * @param port 0 for any free one
 * @throws {ErrorWithRemedy} if the port is taken, or the build fails
 */
export async function serveConsole(
  build: () => Promise<string>,
  settings: ConsoleSettings,
  port: number,
): Promise<ServedConsole> {
  const site = consoleSite(build, settings);
  await build();
  const server = listen(port, async (request) =>
    await site(request) ??
      new Response("Not found\n", {
        status: 404,
        headers: { ...securityHeaders(settings.url), "content-type": "text/plain; charset=utf-8" },
      }));
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function listen(port: number, handler: Deno.ServeHandler): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({
      hostname: "127.0.0.1",
      port,
      onListen() {},
      onError(error) {
        printTrace(error, "console");
        const text = error instanceof ErrorWithRemedy ? `${error.message}\n\n${error.remedy}\n` : "An error occurred\n";
        return new Response(text, { status: 500, headers: { "content-type": "text/plain; charset=utf-8" } });
      },
    }, handler);
  } catch (error) {
    throw explained(error, port);
  }
}

function explained(error: unknown, port: number): unknown {
  if (error instanceof Deno.errors.AddrInUse) {
    return new ErrorWithRemedy(
      `Port ${port} is taken by another program.`,
      `Stop that program (\`ss -ltnp 'sport = :${port}'\` names it), or choose another port with --port; 0 is any free one.`,
      { code: "port_taken", cause: error },
    );
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new ErrorWithRemedy(
      `This user may not listen on port ${port}.`,
      "Choose a port above 1023 with --port.",
      { code: "port_refused", cause: error },
    );
  }
  return error;
}
