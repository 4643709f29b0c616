import type { DemoDocument } from "../../dev/demo/demo.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";
import { INTERRUPTED, Interruption } from "../../dev/terminal/interruption.ts";
import type { Screen } from "../../dev/terminal/screen.ts";
import { DEFAULT_PORT } from "../stack/gateway_port.ts";
import { isClaimed } from "../stack/instance.ts";
import { startProviders } from "../stack/providers.ts";
import { makeLocalOperator } from "../stack/local_operator.ts";
import { announceStack, factsOf, findStackOfFolder, type FolderStack } from "../stack/running_stack.ts";
import { type Stack, startStack } from "../stack/stack.ts";
import { STATE_DIR } from "../stack/state_dir.ts";
import { openDocument, type StartOptions } from "./arguments.ts";
import { demonstrate } from "./demonstrate.ts";
import { showStack } from "./report.ts";
import { findOrStart } from "./find_or_start.ts";

/**
 * Takes one document from upload to an answer on the stack of this folder. If none runs, it starts one, which runs until
 * the command is interrupted.
 * @returns the exit code
 */
export async function start(
  options: StartOptions,
  screen: Screen,
  faults: Screen,
): Promise<number> {
  // npm runs its scripts in the project's folder and passes the caller's folder here.
  const file = await openDocument(
    options.path,
    Deno.env.get("INIT_CWD") ?? Deno.cwd(),
  );

  using interruption = new Interruption(() => {
    screen.blank();
    screen.text("Stopping. Ctrl-C once more stops at once.");
  });
  const { signal } = interruption;
  await using parts = new AsyncDisposableStack();
  try {
    const found = await findOrStart({
      find: findStackOfFolder,
      isClaimed: () => isClaimed(STATE_DIR),
      wait: () => screen.text("Another command is starting the stack of this folder. Waiting for it …"),
      start: () => startParts(options, screen, signal, parts),
      signal,
    });
    if ("running" in found) return await useRunning(found.running, file, options, screen, faults, signal);
    const { stack, breakdown, providers } = found.started;
    showStack(stack, providers, screen);
    const ended = AbortSignal.any([signal, breakdown]);
    const exitCode = await demonstrate(
      stack,
      file,
      { ...options, staysUp: !options.once, opens: `${stack.url}/` },
      screen,
      faults,
      ended,
    );
    if (!options.once) await aborted(ended);
    breakdown.throwIfAborted();
    return exitCode;
  } catch (error) {
    if (error === signal.reason) return INTERRUPTED;
    throw error;
  }
}

/**
 * Runs the demo on a stack that another command started, and leaves that running.
 * @throws {UsageError} if another port is asked for
 */
async function useRunning(
  stack: FolderStack,
  file: DemoDocument,
  options: StartOptions,
  screen: Screen,
  faults: Screen,
  signal: AbortSignal,
): Promise<number> {
  const port = Number(new URL(stack.url).port);
  if (options.port !== undefined && options.port !== port) {
    throw new UsageError(
      `The stack of this folder runs at ${stack.url} already (${stack.command}, pid ${stack.pid}), not on port ${options.port}.`,
      "Leave out --port to use it, or stop it first.",
    );
  }
  screen.heading("Using the stack that runs already");
  screen.row("Supabase URL", stack.url);
  screen.row("Started by", `${stack.command}, pid ${stack.pid}; it goes on when this command ends`);
  return await demonstrate(
    stack,
    file,
    { ...options, staysUp: false, opens: stack.inDocker ? undefined : `${stack.url}/` },
    screen,
    faults,
    signal,
  );
}

/** Starts the providers and the stack; `parts` stops each. `breakdown` aborts if the stack fails later. */
async function startParts(
  options: StartOptions,
  screen: Screen,
  signal: AbortSignal,
  parts: AsyncDisposableStack,
): Promise<{ stack: Stack; breakdown: AbortSignal; providers: string[] }> {
  screen.heading("Starting the local stack");
  screen.text(
    "The first start fetches what Postgres needs and can take a minute; later ones take seconds.",
  );
  const started = performance.now();
  const port = options.port ?? DEFAULT_PORT;
  const providers = await startProviders(Deno.env.toObject());
  parts.defer(() => providers.stop());
  const breakdown = new AbortController();
  const stack = await startStack({
    stateDir: STATE_DIR,
    port,
    // Next to the gateway's, as on Supabase.
    databasePort: port === 0 ? 0 : port + 1,
    functionEnv: providers.functionEnv,
    onProgress: (step) => screen.moment((performance.now() - started) / 1000, step),
    onFailure: (error) => breakdown.abort(error),
    signal,
  });
  parts.defer(async () => {
    await stack.stop();
    screen.blank();
    screen.text("The stack has stopped. Its data is kept for the next start.");
  });
  await makeLocalOperator(stack);
  parts.use(await announceStack(factsOf(stack, "npm start", providers.functionEnv)));
  return {
    stack,
    breakdown: breakdown.signal,
    providers: providers.description,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
