import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { functionsDeno } from "../hosted_versions.ts";
import { networkEnvironment } from "../../../dev/network_environment.ts";
import { type FunctionLog, linesOf } from "./log.ts";
import type { FunctionLimits } from "./limits.ts";

/** A function's own process, listening. */
export interface FunctionProcess {
  readonly name: string;
  /** Its name in the log, like an isolate's name on hosted. */
  readonly id: string;
  readonly pid: number;
  /** The loopback port on which it answers. */
  readonly port: number;
  /** Settles when the process is gone. */
  readonly exited: Promise<Deno.CommandStatus>;
  /** Aborted when the process is gone. */
  readonly gone: AbortSignal;
  /** Asks it to exit when it has nothing more to do. */
  retire(): void;
  /** Announces that its CPU time is nearly used up. */
  warnOfCpu(): void;
  /** Asks it to end, for which it gets some time. */
  terminate(): void;
  kill(): void;
}

/** The function did not start; `output` is the end of its output. */
export class BootError extends Error {
  override name = "BootError";

  constructor(message: string, readonly output: string[]) {
    super(message);
  }
}

/** The runtime's own cache of compiled code; a function has no use for it. */
const HIDDEN_VARIABLES = ["HOME", "DENO_DIR", "XDG_CACHE_HOME"];
const OUTPUT_LINES_KEPT = 20;

/**
 * Starts a function and waits until it listens. `env` is its whole environment.
 * @throws {BootError} if it ends or does not listen for `limits.bootMs`
 */
export async function startFunctionProcess(options: {
  name: string;
  entrypoint: string;
  importMap?: string;
  env: Record<string, string>;
  limits: FunctionLimits;
  log: FunctionLog;
  /** Ends a process that is still starting. */
  cancelled?: AbortSignal;
}): Promise<FunctionProcess> {
  const { name, limits, log, cancelled } = options;
  cancelled?.throwIfAborted();
  const id = crypto.randomUUID();
  const token = `listening-${id}`;
  const child = command(options, token).spawn();
  const main = writeMain(child, options.entrypoint);

  const gone = new AbortController();
  const tail: string[] = [];
  const remember = (line: string) => {
    tail.push(line);
    if (tail.length > OUTPUT_LINES_KEPT) tail.shift();
  };

  const listening = Promise.withResolvers<number>();
  const outputRead = Promise.all([
    (async () => {
      for await (const line of linesOf(child.stdout)) {
        if (line.startsWith(token)) {
          listening.resolve(Number(line.slice(token.length)));
        } else {
          remember(line);
          log.write(name, "info", line);
        }
      }
    })(),
    (async () => {
      for await (const line of linesOf(child.stderr)) {
        remember(line);
        log.write(name, "error", line);
      }
    })(),
  ]);
  const exited = child.status.then(async (status) => {
    gone.abort(new DOMException("the function's process ended", "AbortError"));
    await Promise.all([outputRead, main]);
    return status;
  });

  const tooLate = setTimeout(() => {
    remember(`did not call Deno.serve within ${limits.bootMs} ms`);
    signal(child, "SIGKILL");
  }, limits.bootMs);
  const cancel = () => signal(child, "SIGKILL");
  cancelled?.addEventListener("abort", cancel);
  const endedEarly = exited.then((status) => {
    throw new BootError(
      `the function ended with ${describe(status)} before it listened`,
      tail,
    );
  });
  // After it listens, its end is no boot error, and nothing awaits this promise.
  endedEarly.catch(() => {});
  try {
    const port = await Promise.race([listening.promise, endedEarly]);
    // It may have reported its port and ended before either was read.
    if (gone.signal.aborted) await endedEarly;
    return {
      name,
      id,
      pid: child.pid,
      port,
      exited,
      gone: gone.signal,
      retire: () => signal(child, "SIGUSR1"),
      warnOfCpu: () => signal(child, "SIGUSR2"),
      terminate: () => signal(child, "SIGTERM"),
      kill: () => signal(child, "SIGKILL"),
    };
  } finally {
    clearTimeout(tooLate);
    cancelled?.removeEventListener("abort", cancel);
  }
}

export function describe(status: Deno.CommandStatus): string {
  return status.signal ?? `code ${status.code}`;
}

function command(
  { entrypoint, importMap, env, limits }: {
    entrypoint: string;
    importMap?: string;
    env: Record<string, string>;
    limits: FunctionLimits;
  },
  token: string,
): Deno.Command {
  const order = JSON.stringify({
    token,
    memoryBytes: limits.memoryBytes,
    wallClockMs: limits.wallClockMs,
    unloadShare: limits.unloadShare,
    hide: HIDDEN_VARIABLES,
  });
  const deno = [
    functionsDeno().program,
    "run",
    "--quiet",
    "--no-prompt",
    "--cached-only",
    "--allow-net",
    "--allow-env",
    ...importMap ? [`--${/^deno\.jsonc?$/.test(basename(importMap)) ? "config" : "import-map"}=${importMap}`] : [],
    `--v8-flags=--max-old-space-size=${Math.ceil(limits.memoryBytes / 2 ** 20)}`,
    "-",
  ];
  // The functions end with the supervisor, even if that is killed. In a session of their own they do not receive a
  // terminal's Ctrl-C; the supervisor decides when they end.
  const [program, ...args] = Deno.build.os === "linux"
    ? ["setsid", "setpriv", "--pdeathsig", "KILL", "--", ...deno]
    : deno;
  return new Deno.Command(program, {
    args,
    // Deno looks here for the deno.json that resolves the function's imports.
    cwd: dirname(entrypoint),
    clearEnv: true,
    env: {
      ...networkEnvironment(HIDDEN_VARIABLES),
      ...env,
      STACK_BOOT_ORDER: order,
      NO_COLOR: "1",
      DENO_NO_UPDATE_CHECK: "1",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
}

/** The main module: what hosted's runtime provides, then the function. Deno 2.1 knows no `--preload`. */
async function writeMain(
  child: Deno.ChildProcess,
  entrypoint: string,
): Promise<void> {
  const modules = [
    new URL("./preload.ts", import.meta.url),
    pathToFileURL(entrypoint),
  ];
  const source = modules
    .map(({ href }) => `import ${JSON.stringify(href)};\n`).join("");
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(source));
    await writer.close();
  } catch (error) {
    // It ended before it read them; its exit reports the cause.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function signal(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch (error) {
    // It has already ended by itself.
    if (
      !(error instanceof TypeError || error instanceof Deno.errors.NotFound)
    ) {
      throw error;
    }
  }
}
