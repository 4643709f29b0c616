import { type DemoDocument, runDemo } from "../../dev/demo/demo.ts";
import { INTERRUPTED, Interruption } from "../../dev/terminal/interruption.ts";
import type { Screen } from "../../dev/terminal/screen.ts";
import { startProviders } from "../stack/providers.ts";
import { type Stack, startStack } from "../stack/stack.ts";
import { STATE_DIR } from "../stack/state_dir.ts";
import { openDocument, type StartOptions } from "./arguments.ts";
import { reportFailure, showNextSteps, showStack } from "./report.ts";

/**
 * Starts the stack, takes one document from upload to an answer, and runs until it is interrupted.
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
  await using parts = new AsyncDisposableStack();
  screen.heading("Starting the local stack");
  screen.text(
    "The first start fetches what Postgres needs and can take a minute; later ones take seconds.",
  );
  try {
    const { stack, breakdown, providers } = await startParts(
      options,
      screen,
      interruption.signal,
      parts,
    );
    showStack(stack, providers, screen);
    const ended = AbortSignal.any([interruption.signal, breakdown]);
    const exitCode = await demonstrate(
      stack,
      file,
      options,
      screen,
      faults,
      ended,
    );
    if (!options.once) await aborted(ended);
    breakdown.throwIfAborted();
    return exitCode;
  } catch (error) {
    if (error === interruption.signal.reason) return INTERRUPTED;
    throw error;
  }
}

/** Starts the providers and the stack; `parts` stops each. `breakdown` aborts if the stack fails later. */
async function startParts(
  options: StartOptions,
  screen: Screen,
  signal: AbortSignal,
  parts: AsyncDisposableStack,
): Promise<{ stack: Stack; breakdown: AbortSignal; providers: string[] }> {
  const started = performance.now();
  const providers = await startProviders(Deno.env.toObject());
  parts.defer(() => providers.stop());
  const breakdown = new AbortController();
  const stack = await startStack({
    stateDir: STATE_DIR,
    port: options.port,
    // Next to the gateway's, as on Supabase.
    databasePort: options.port === 0 ? 0 : options.port + 1,
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

/**
 * Runs the demo. Its failure is shown and leaves the stack running.
 * @returns the exit code
 */
async function demonstrate(
  stack: Stack,
  file: DemoDocument,
  options: StartOptions,
  screen: Screen,
  faults: Screen,
  signal: AbortSignal,
): Promise<number> {
  try {
    const result = await runDemo({
      url: stack.url,
      publishableKey: stack.publishableKey,
      file,
      question: options.question,
      out: screen,
      signal,
    });
    if (!options.once) showNextSteps(stack, result, options, screen);
    return 0;
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    reportFailure(error, faults);
    if (!options.once) {
      screen.blank();
      screen.text("The stack stays up for a closer look. Ctrl-C stops it.");
    }
    return 1;
  }
}
