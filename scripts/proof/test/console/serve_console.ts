import { extname } from "node:path";
import { runToEnd } from "../browser/programs.ts";
import { REPOSITORY } from "../../../dev/repository.ts";
import type { TestStack } from "../../../platform/test_stack/test_stack.ts";

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
};

/** Builds the console into a temporary folder and serves it on loopback. */
export async function serveConsole(stack: TestStack, signal: AbortSignal): Promise<{ url: string } & AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "console-" });
  parts.defer(() => Deno.remove(folder, { recursive: true }));
  await runToEnd("node", [
    `${REPOSITORY}/node_modules/vite/bin/vite.js`,
    ...["build", `${REPOSITORY}/console`, "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"],
  ], { signal });
  const settings = JSON.stringify({ url: stack.url, publishableKey: stack.publishableKey });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/config.json") return new Response(settings, { headers: { "content-type": "application/json" } });
    const path = pathname === "/" ? "/index.html" : pathname;
    const body = await Deno.readFile(`${folder}${path}`).catch(() => null);
    return body
      ? new Response(body, { headers: { "content-type": TYPES[extname(path)] ?? "application/octet-stream" } })
      : new Response("Not found", { status: 404 });
  });
  parts.defer(() => server.shutdown());
  const owned = parts.move();
  return { url: `http://127.0.0.1:${server.addr.port}/`, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
