import { jwtVerify } from "jose";
import { type LimitedBody, limitedBody } from "./body_limit.ts";
import { forward, NoResponse, ProcessEnded } from "./forward.ts";
import { type FunctionLimits, HOSTED_LIMITS } from "./limits.ts";
import { openFunctionLog } from "./log.ts";
import { BootError } from "./process.ts";
import { FunctionRunner } from "./runner.ts";

const PREFIX = "/functions/v1";
/**
 * The name of a function's folder; `_` begins a folder that functions share.
 */
const FUNCTION_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

export interface FunctionHostOptions {
  /** The folder of the functions' folders. */
  dir: string;
  /** The file in it that starts the function; `index.ts` by default. */
  main?: string;
  /** What a project's config.toml says of some functions, with absolute paths. */
  declared?: Record<string, { entrypoint?: string; importMap?: string }>;
  /** The whole environment of the functions. */
  env: Record<string, string>;
  logFile: string;
  limits?: Partial<FunctionLimits>;
  /** Functions that require a valid token, and the secret that signs such tokens. */
  verifyJwt?: { functions: ReadonlySet<string>; secret: string };
}

export interface FunctionHost {
  /** Answers a request below `/functions/v1`. */
  fetch(request: Request): Promise<Response>;
  processes(): { name: string; pid: number }[];
  /** Changes the functions' environment. Running processes keep theirs; every later request gets the new one. */
  setEnv(values: Record<string, string>): Promise<void>;
  /**
   * Replaces the processes of these functions, so that their sources are read again. A function that has served
   * requests starts at once. Present processes finish what they have begun.
   * @returns the functions that did not start
   */
  renew(names: string[]): Promise<Map<string, BootError>>;
  stop(): Promise<void>;
}

/** Serves Edge Functions, each in a Deno process of its own that starts with the first request for it. */
export async function startFunctionHost(
  options: FunctionHostOptions,
): Promise<FunctionHost> {
  const limits = { ...HOSTED_LIMITS, ...options.limits };
  const log = await openFunctionLog(options.logFile);
  const runners = new Map<string, FunctionRunner>();
  const env = { ...options.env };
  const main = options.main ?? "index.ts";

  let stopping: Promise<void> | undefined;

  async function stop(): Promise<void> {
    await Promise.all([...runners.values()].map((runner) => runner.stop()));
    await log.close();
  }

  async function runnerOf(name: string): Promise<FunctionRunner | undefined> {
    const known = runners.get(name);
    if (known) return known;
    const declared = Object.hasOwn(options.declared ?? {}, name) ? options.declared?.[name] : undefined;
    const entrypoint = declared?.entrypoint ?? `${options.dir}/${name}/${main}`;
    if (!FUNCTION_NAME.test(name) || !await isFile(entrypoint)) return;
    const runner = runners.get(name) ??
      new FunctionRunner({ name, entrypoint, importMap: declared?.importMap, env, limits, log });
    runners.set(name, runner);
    return runner;
  }

  async function admits(name: string, request: Request): Promise<boolean> {
    const { verifyJwt } = options;
    if (!verifyJwt?.functions.has(name) || request.method === "OPTIONS") {
      return true;
    }
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
    if (!token) return false;
    const key = new TextEncoder().encode(verifyJwt.secret);
    return await jwtVerify(token, key, { algorithms: ["HS256"] })
      .then(() => true, () => false);
  }

  async function answer(request: Request): Promise<Response> {
    if (stopping) return refusal(503, "SHUTTING_DOWN", "The stack is stopping");
    const url = new URL(request.url);
    const path = url.pathname.slice(PREFIX.length);
    const name = path.split("/")[1] ?? "";
    const runner = await runnerOf(name);
    if (!runner) {
      return refusal(404, "NOT_FOUND", "Requested function was not found");
    }
    if (!await admits(name, request)) {
      return refusal(401, "UNAUTHORIZED", "Missing or invalid JWT");
    }
    if (Number(request.headers.get("content-length")) > limits.bodyBytes) {
      return tooLarge(limits);
    }
    let body: LimitedBody | undefined;
    try {
      body = await limitedBody(request, limits.bodyBytes);
      return await runner.use((process) =>
        forward(request, {
          process,
          body,
          path: `${path}${url.search}`,
          firstResponseMs: limits.firstResponseMs,
        })
      );
    } catch (error) {
      if (body?.exceeded) return tooLarge(limits);
      return failure(error, name);
    }
  }

  async function renew(names: string[]): Promise<Map<string, BootError>> {
    const failures = new Map<string, BootError>();
    await Promise.all(names.map(async (name) => {
      const runner = runners.get(name);
      if (!runner) return;
      await runner.renew();
      try {
        await runner.use(() => Promise.resolve());
      } catch (error) {
        if (!(error instanceof BootError)) throw error;
        failures.set(name, error);
      }
    }));
    return failures;
  }

  return {
    fetch: answer,
    processes: () => [...runners].flatMap(([name, runner]) => runner.processes.map(({ pid }) => ({ name, pid }))),
    async setEnv(values) {
      Object.assign(env, values);
      await Promise.all([...runners.values()].map((each) => each.renew()));
    },
    renew,
    stop: () => stopping ??= stop(),
  };
}

/**
 * The answers below have the status and code that hosted gives
 * (https://supabase.com/docs/guides/functions/status-codes).
 */
function failure(error: unknown, name: string): Response {
  if (error instanceof BootError) {
    const output = error.output.join("\n");
    return refusal(
      503,
      "BOOT_ERROR",
      `Function ${name} failed to start: ${error.message}\n${output}`,
    );
  }
  if (error instanceof NoResponse) {
    return refusal(504, "IDLE_TIMEOUT", error.message);
  }
  if (error instanceof ProcessEnded) {
    return refusal(
      546,
      "WORKER_LIMIT",
      `Function ${name} ended before it answered: ${error.message}`,
    );
  }
  return refusal(502, "BAD_GATEWAY", `Function ${name}: ${error}`);
}

function tooLarge(limits: FunctionLimits): Response {
  return refusal(
    413,
    "PAYLOAD_TOO_LARGE",
    `A function receives at most ${limits.bodyBytes} bytes`,
  );
}

function refusal(status: number, code: string, message: string): Response {
  return Response.json({ code, message }, { status });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
