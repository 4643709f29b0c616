import { Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { INTERRUPTED, Interruption } from "../../dev/terminal/interruption.ts";
import { removeState } from "./remove_state.ts";
import { startProviders } from "./providers.ts";
import { type Stack, startStack } from "./stack.ts";
import { TOKEN_SIGNINGS, type TokenSigningName } from "./token_signing.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { refuseOptionsThatNpmKept } from "../../dev/terminal/npm_options.ts";

const DEFAULT_PORT = 54321;

/**
 * `npm run stack`: runs the stack and the providers' simulators until it is interrupted.
 * @returns the exit code
 */
async function main(args: string[]): Promise<number> {
  let options: StackArguments;
  try {
    refuseOptionsThatNpmKept("npm run stack", ["port"], Deno.env.toObject());
    options = readOptions(args);
  } catch (error) {
    report(error);
    return 2;
  }
  const { port, stateDir, jwt, remove } = options;
  using interruption = new Interruption(() =>
    console.log("\nStopping. Ctrl-C once more to stop at once.")
  );
  try {
    if (!remove) return await run(port, stateDir, jwt, interruption);
    await removeState(stateDir);
    console.log(`Removed: the database, files and logs of ${stateDir}.`);
    return 0;
  } catch (error) {
    if (interruption.signal.aborted) return INTERRUPTED;
    report(error);
    return 1;
  }
}

async function run(
  port: number,
  stateDir: string,
  jwt: TokenSigningName,
  interruption: Interruption,
): Promise<number> {
  const failure = Promise.withResolvers<ErrorWithRemedy>();
  const begun = performance.now();
  const providers = await startProviders(Deno.env.toObject());
  let stack: Stack | undefined;
  try {
    stack = await startStack({
      stateDir,
      port,
      jwt,
      // Next to the gateway's, as on Supabase.
      databasePort: port === 0 ? 0 : port + 1,
      functionEnv: providers.functionEnv,
      onProgress: (step) => {
        const seconds = ((performance.now() - begun) / 1000).toFixed(1);
        console.log(`${pc.dim(`${seconds.padStart(6)} s`)}  ${step}`);
      },
      onFailure: failure.resolve,
      signal: interruption.signal,
    });
    show(stack, providers.description, stateDir, jwt);
    const failed = await Promise.race([
      interruption.happened.then(() => undefined),
      failure.promise,
    ]);
    if (failed) throw failed;
    return 0;
  } finally {
    await stack?.stop();
    await providers.stop();
    if (stack) console.log("Stopped. Nothing is left running.");
  }
}

function show(
  stack: Stack,
  providers: string[],
  stateDir: string,
  jwt: TokenSigningName,
): void {
  const rows: [string, string][] = [
    ["Supabase URL", stack.url],
    ["API", `${stack.url}/functions/v1/api`],
    ["Publishable key", stack.publishableKey],
    ["Secret key", stack.secretKey],
    ...jwt === "hs256"
      ? [
        ["anon key (legacy)", stack.anonKey],
        ["service_role key (legacy)", stack.serviceRoleKey],
      ] satisfies [string, string][]
      : [],
    ["Database", stack.databaseUrl],
    ["Logs", `${stateDir}/*.log`],
  ];
  console.log();
  for (const [name, value] of rows) {
    console.log(`${pc.bold(name.padEnd(26))} ${value}`);
  }
  console.log();
  for (const line of providers) console.log(line);
  console.log(
    `\nThe keys are the same on every machine and protect nothing. ${
      pc.bold("Ctrl-C stops everything.")
    }`,
  );
}

function report(error: unknown): void {
  if (!(error instanceof ErrorWithRemedy)) {
    console.error(error);
    return;
  }
  console.error(`\n${pc.red(error.message)}\n${error.remedy}`);
}

interface StackArguments {
  port: number;
  stateDir: string;
  jwt: TokenSigningName;
  remove?: boolean;
}

function readOptions(args: string[]): StackArguments {
  return new Command()
    .name("npm run stack --")
    .description(
      "A local Supabase with this project's migrations and functions.",
    )
    .option(
      "--port <number>",
      "the gateway's port; the database's is the next one; 0 for any free ones",
      readPort,
      DEFAULT_PORT,
    )
    .option("--state-dir <path>", "where data and logs are kept", ".stack")
    .addOption(
      new Option(
        "--jwt <algorithm>",
        "how users' tokens are signed: as in older projects, or as in new ones, which have no legacy keys either",
      ).choices(TOKEN_SIGNINGS).default("hs256"),
    )
    .option("--remove", "remove all that was kept there, and start nothing")
    .parse(args, { from: "user" })
    .opts();
}

function readPort(text: string): number {
  const port = Number(text);
  // The database's port is the next one.
  if (!/^\d+$/.test(text) || port > 65534) {
    throw new InvalidArgumentError("It must be a number from 0 to 65534.");
  }
  return port;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
