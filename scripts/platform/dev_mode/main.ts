import { Command } from "commander";
import { resolve } from "node:path";
import { DEFAULT_PORT, readPort } from "../start/arguments.ts";
import { INTERRUPTED, Interruption } from "../../dev/terminal/interruption.ts";
import { reportFailure, showStack } from "../start/report.ts";
import { openScreen, type Screen } from "../../dev/terminal/screen.ts";
import { startProviders } from "../stack/providers.ts";
import { removeData } from "../stack/remove_state.ts";
import { startStack } from "../stack/stack.ts";
import { STATE_DIR } from "../stack/state_dir.ts";
import { KeyPresses } from "./key_presses.ts";
import { serveChanges } from "./serve_changes.ts";
import { refuseOptionsThatNpmKept } from "../../dev/terminal/npm_options.ts";

interface Options {
  port: number;
  stateDir: string;
  projectDir: string;
  reset: boolean;
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
      ["port", "reset"],
      Deno.env.toObject(),
    );
    const options = readOptions(args);
    using keys = new KeyPresses();
    if (options.reset) await reset(options.stateDir, screen);
    while (await run(options, screen, keys, interruption) === "reset") {
      await reset(options.stateDir, screen);
    }
    return 0;
  } catch (error) {
    if (interruption.signal.aborted) return INTERRUPTED;
    reportFailure(error, faults);
    return 1;
  }
}

async function reset(stateDir: string, screen: Screen): Promise<void> {
  await removeData(stateDir);
  screen.text("Removed: the database and the stored files.");
}

async function run(
  { port, stateDir, projectDir }: Options,
  screen: Screen,
  keys: KeyPresses,
  interruption: Interruption,
): Promise<"reset" | "stopped"> {
  const started = performance.now();
  const say = (line: string) =>
    screen.moment((performance.now() - started) / 1000, line);
  screen.heading("Starting the local stack");
  await using parts = new AsyncDisposableStack();
  const providers = await startProviders(Deno.env.toObject());
  parts.defer(() => providers.stop());
  const breakdown = new AbortController();
  const stack = await startStack({
    stateDir,
    projectDir,
    port,
    databasePort: port === 0 ? 0 : port + 1,
    functionEnv: providers.functionEnv,
    namesEdits: false,
    onProgress: say,
    onFailure: (error) => breakdown.abort(error),
    signal: interruption.signal,
  });
  parts.defer(() => stack.stop());
  showStack(stack, providers.description, screen);
  screen.heading("Watching supabase/functions and supabase/migrations");
  const resetAsked = new AbortController();
  await serveChanges({
    stack,
    projectDir,
    say,
    offerReset: keys.isTerminal
      ? () => keys.once("r", () => resetAsked.abort())
      : undefined,
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
    .option("--state-dir <path>", "where data and logs are kept", STATE_DIR)
    .option("--project <path>", "the folder that holds supabase/", ".")
    .option("--reset", "begin with an empty database", false)
    .parse(args, { from: "user" })
    .opts<Options & { project: string }>();
  return {
    ...options,
    stateDir: resolve(stateDir),
    projectDir: resolve(project),
  };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
