import { Command, Option } from "commander";
import { resolve } from "node:path";
import { INTERRUPTED, Interruption } from "../../dev/terminal/interruption.ts";
import { reportFailure, showStack } from "../start/report.ts";
import { openScreen, type Screen } from "../../dev/terminal/screen.ts";
import { makeLocalOperator } from "../stack/local_operator.ts";
import { startProviders } from "../stack/providers.ts";
import { removeData } from "../stack/remove_state.ts";
import { announceStack, factsOf } from "../stack/running_stack.ts";
import { type Stack, type StackOptions, startStack } from "../stack/stack.ts";
import { STATE_DIR } from "../stack/state_dir.ts";
import { announceTestStack } from "../test_stack/running_test_stack.ts";
import { startTestStack, sweepEachSecond } from "../test_stack/test_stack.ts";
import { KeyPresses } from "./key_presses.ts";
import { serveChanges } from "./serve_changes.ts";
import { refuseOptionsThatNpmKept } from "../../dev/terminal/npm_options.ts";
import { DEFAULT_PORT, readPort } from "../stack/gateway_port.ts";

interface Options {
  port: number;
  stateDir: string;
  projectDir: string;
  reset: boolean;
  e2e: boolean;
}

/**
 * `npm run dev`: brings up the stack and keeps it as the project's files are, until it is interrupted.
 * @returns the exit code
 */
async function main(args: string[]): Promise<number> {
  const screen = openScreen(Deno.stdout, console.log);
  const faults = openScreen(Deno.stderr, console.error);
  using interruption = new Interruption(() => {
    screen.blank();
    screen.text("Stopping. Ctrl-C once more stops at once.");
  });
  try {
    refuseOptionsThatNpmKept(
      "npm run dev",
      ["port", "reset", "e2e"],
      Deno.env.toObject(),
    );
    const options = readOptions(args);
    using keys = new KeyPresses();
    if (options.reset) await reset(options, screen);
    while (await run(options, screen, keys, interruption) === "reset") {
      await reset(options, screen);
    }
    return 0;
  } catch (error) {
    if (interruption.signal.aborted) return INTERRUPTED;
    reportFailure(error, faults);
    return 1;
  }
}

async function reset(
  { stateDir, e2e }: Options,
  screen: Screen,
): Promise<void> {
  // A stack for tests begins with none.
  if (e2e) return;
  await removeData(stateDir);
  screen.text("Removed: the database and the stored files.");
}

async function run(
  options: Options,
  screen: Screen,
  keys: KeyPresses,
  interruption: Interruption,
): Promise<"reset" | "stopped"> {
  const started = performance.now();
  const say = (line: string) => screen.moment((performance.now() - started) / 1000, line);
  screen.heading("Starting the local stack");
  await using parts = new AsyncDisposableStack();
  const breakdown = new AbortController();
  const common = {
    projectDir: options.projectDir,
    namesEdits: false,
    onProgress: say,
    onFailure: (error: Error) => breakdown.abort(error),
    signal: interruption.signal,
  };
  const stack = options.e2e
    ? await startForTests(common, screen, parts)
    : await startForPeople({ ...options, ...common }, screen, parts);
  screen.heading("Watching supabase/functions and supabase/migrations");
  const resetAsked = new AbortController();
  await serveChanges({
    stack,
    projectDir: options.projectDir,
    say,
    offerReset: keys.isTerminal ? () => keys.once("r", () => resetAsked.abort()) : undefined,
    withdrawReset: () => keys.forget("r"),
    signal: AbortSignal.any([
      interruption.signal,
      breakdown.signal,
      resetAsked.signal,
    ]),
  });
  breakdown.signal.throwIfAborted();
  return resetAsked.signal.aborted ? "reset" : "stopped";
}

async function startForPeople(
  options: Omit<StackOptions, "databasePort">,
  screen: Screen,
  parts: AsyncDisposableStack,
): Promise<Stack> {
  const providers = await startProviders(Deno.env.toObject());
  parts.defer(() => providers.stop());
  const stack = await startStack({
    ...options,
    databasePort: options.port === 0 ? 0 : options.port + 1,
    functionEnv: providers.functionEnv,
  });
  parts.defer(() => stack.stop());
  await makeLocalOperator(stack);
  parts.use(await announceStack(factsOf(stack, "npm run dev", providers.functionEnv)));
  showStack(stack, providers.description, screen);
  return stack;
}

/** A stack of its own, without anything that was there before, on which `npm test -- e2e FILE` runs. */
async function startForTests(
  options: Partial<StackOptions>,
  screen: Screen,
  parts: AsyncDisposableStack,
): Promise<Stack> {
  const { stack, facts } = await startTestStack(parts, options);
  await sweepEachSecond(facts.databaseUrl);
  parts.use(await announceTestStack(facts));
  screen.heading("The stack is up for tests");
  screen.row("To run some", "npm test -- e2e webhooks");
  screen.row("Supabase URL", stack.url);
  screen.row("Database", stack.databaseUrl);
  screen.row("To stop", "Ctrl-C");
  return stack;
}

function readOptions(args: string[]): Options {
  const { project, stateDir, ...options } = new Command("npm run dev --")
    .description(
      "A local Supabase that follows changes of supabase/functions and supabase/migrations.",
    )
    .option(
      "--port <number>",
      "the gateway's port; the database's is the next one; 0 for any free ones",
      readPort,
      DEFAULT_PORT,
    )
    .addOption(new Option("--state-dir <path>", "where data and logs are kept").default(STATE_DIR, ".stack"))
    .option("--project <path>", "the folder that holds supabase/", ".")
    .option("--reset", "begin with an empty database", false)
    .option("--e2e", "a stack for tests instead, on free ports", false)
    .parse(args, { from: "user" })
    .opts<Options & { project: string }>();
  return {
    ...options,
    stateDir: resolve(stateDir),
    projectDir: resolve(project),
  };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
