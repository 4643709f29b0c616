import { buildFunctions } from "../../dev/build/build_functions.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";
import { DOCKER_SETTINGS } from "../cli/docker_stack.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import { INTERRUPTED, Interruption } from "../../dev/terminal/interruption.ts";
import { openScreen, type Screen } from "../../dev/terminal/screen.ts";
import { SupabaseCli } from "../cli/supabase_cli.ts";
import { describeAccount, makeLocalOperator } from "../stack/local_operator.ts";
import { announceStack } from "../stack/running_stack.ts";
import { openDocument, readArguments, type StartOptions } from "../start/arguments.ts";
import { demonstrate } from "../start/demonstrate.ts";
import { reportFailure } from "../start/report.ts";
import { startDocker } from "./start_docker.ts";

/**
 * `npm run start:docker`: starts Supabase's own local stack in Docker, and takes one document from upload to an answer. It
 * runs on while it has simulators to run; the stack stays up until `npx supabase stop`.
 * @returns the exit code
 */
async function main(args: string[]): Promise<number> {
  const screen = openScreen(Deno.stdout, console.log);
  const faults = openScreen(Deno.stderr, console.error);
  using interruption = new Interruption(() => screen.text("Stopping. Ctrl-C once more stops at once."));
  try {
    const options = readArguments(args, Deno.env.toObject(), {
      command: "npm run start:docker",
      description: "Starts Supabase's own local stack in Docker, and takes one PDF from upload to an answer.",
      hasPort: false,
    });
    if ("help" in options) {
      console.log(options.help.trimEnd());
      return 0;
    }
    return await run(options, screen, faults, interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) return INTERRUPTED;
    reportFailure(error, faults);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function run(options: StartOptions, screen: Screen, faults: Screen, signal: AbortSignal): Promise<number> {
  const file = await openDocument(options.path, Deno.env.get("INIT_CWD") ?? Deno.cwd());
  await using parts = new AsyncDisposableStack();
  screen.heading("Starting Supabase in Docker");
  await buildFunctions(REPOSITORY);
  const begun = performance.now();
  const { stack, providers } = await startDocker({
    cli: new SupabaseCli({ directory: REPOSITORY }),
    settingsPath: DOCKER_SETTINGS,
    env: Deno.env.toObject(),
    onProgress: (step) => screen.moment((performance.now() - begun) / 1000, step),
    parts,
  });
  signal.throwIfAborted();
  const staysUp = providers.simulated.length > 0 && !options.once;
  if (staysUp) {
    parts.use(
      await announceStack({
        ...stack,
        llamaparseUrl: undefined,
        inDocker: true,
        command: "npm run start:docker",
        stateDir: "docker",
      }),
    );
  }

  screen.heading("Supabase is up in Docker");
  screen.row("API", `${stack.url}/functions/v1/api`);
  screen.row("Supabase URL", stack.url);
  screen.row("Publishable key", stack.publishableKey);
  screen.row("Secret key", stack.secretKey);
  screen.row("Database", stack.databaseUrl);
  screen.row("Console", "npm run console serves it");
  screen.row("Operator", describeAccount(await makeLocalOperator(stack)));
  screen.row("To check", "npm run doctor -- --docker");
  screen.row("To stop", "npx supabase stop");
  screen.blank();
  for (const line of providers.description) screen.text(line);
  const exitCode = await demonstrate(stack, file, { ...options, staysUp, opens: undefined }, screen, faults, signal);
  if (!staysUp) return exitCode;
  screen.text("The simulators run in this command: until Ctrl-C, documents are parsed and searched.");
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  screen.text("The simulators have stopped. Supabase goes on in Docker: npx supabase stop ends it.");
  return exitCode;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
