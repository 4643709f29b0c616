import { REPOSITORY } from "../../../dev/repository.ts";
import { freePort } from "../../../platform/stack/postgres/ports.ts";
import type { TestStack } from "../../../platform/test_stack/test_stack.ts";
import { runToEnd, type Server, startServer } from "../browser/programs.ts";
import { commandsIn } from "./readme.ts";

/** The folders of `examples`. */
export const NAMES = ["nextjs", "vite-react"];

/** An example that is being served. Serialisable. */
export interface ExampleApp {
  name: string;
  url: string;
}

interface Start {
  name: string;
  /** The folder that has the packed client as `client`. */
  top: string;
  stack: TestStack;
  /** Receives what must be stopped. */
  parts: AsyncDisposableStack;
  signal: AbortSignal;
}

/** What is in an example's folder only after its commands ran. */
const MADE = ["node_modules", "dist", ".next", ".env.local", "next-env.d.ts", "tsconfig.tsbuildinfo"];
/** The scripts that run until they are interrupted. */
const SERVES = /^npm (?:run )?(dev|preview|start)$/;
const STARTS_WITHIN_MS = 60_000;

/**
 * Runs the commands of an example's README in a copy of its folder: they install, check and build it, and start its
 * servers. The last server keeps running.
 * @throws if a command fails, or a server does not answer
 */
export async function startExample({ name, top, stack, parts, signal }: Start): Promise<ExampleApp> {
  const folder = `${top}/examples/${name}`;
  await copyFolder(`${REPOSITORY}/examples/${name}`, folder);
  const commands = commandsIn(await Deno.readTextFile(`${folder}/README.md`), name);
  const env = settingsFor(await Deno.readTextFile(`${folder}/.env.example`), stack);
  const last = commands.at(-1) ?? "";
  if (!SERVES.test(last)) throw new Error(`The README of ${name} does not end with a server, but with "${last}".`);

  let app: ExampleApp | undefined;
  for (const command of commands) {
    const startedAt = performance.now();
    const script = SERVES.exec(command)?.[1];
    if (script) {
      await using server = await serve(folder, script, env, signal);
      if (command === last) {
        app = { name, url: server.url };
        parts.use(server.keep());
      }
    } else {
      await runToEnd("sh", ["-c", command], { cwd: folder, env, signal });
    }
    console.log(`  ${name}: ${command}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }
  return app!;
}

async function serve(folder: string, script: string, env: Record<string, string>, signal: AbortSignal) {
  const { scripts } = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
  const [program, ...args] = scripts[script].split(" ");
  const port = freePort();
  // Without npm between, so that a signal reaches the server.
  const given = [`${folder}/node_modules/.bin/${program}`, ...args, "--port", String(port)];
  await using parts = new AsyncDisposableStack();
  const server = parts.use(startServer("node", given, { cwd: folder, env }));
  const url = `http://127.0.0.1:${port}`;
  await answers(url, server, signal);
  const owned = parts.move();
  return { url, keep: () => owned.move(), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function answers(url: string, server: Server, signal: AbortSignal): Promise<void> {
  let hasEnded = false;
  server.ended.then(() => hasEnded = true);
  const deadline = performance.now() + STARTS_WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const answer = await fetch(url, { signal: AbortSignal.timeout(STARTS_WITHIN_MS) }).catch(() => null);
    if (answer?.ok && (await answer.text()).includes("<title>Documents</title>")) return;
    if (hasEnded || performance.now() > deadline) {
      const status = answer ? `It answers ${answer.status}.` : "It does not answer.";
      throw new Error(`${url} does not serve its page. ${status}\n${server.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The variables of `.env.example`, for this stack; the environment precedes files. */
function settingsFor(example: string, stack: TestStack): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [, name, value] of example.matchAll(/^(\w+)=(.*)$/gm)) {
    settings[name] = name.endsWith("_URL") ? stack.url : name.endsWith("_KEY") ? stack.publishableKey : value;
  }
  return settings;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (MADE.includes(name)) continue;
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
