import { resolve } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { StackError } from "../../platform/stack/errors.ts";
import {
  type Environment,
  findEnvironment,
  readEnvironments,
} from "./environments.ts";
import { OperatorError } from "../../dev/operator_error.ts";
import { type OperatorSecrets, readSecrets } from "./secrets.ts";
import { LOOK_EVERY_MS } from "../deploy/watch.ts";

export const REPOSITORY = resolve(import.meta.dirname!, "../../..");

/** What every command that works on a project is told. */
export interface ProjectOptions {
  project: string;
  secretsFromEnvironment?: boolean;
  settings: string;
  source: string;
}

/** What the commands that change a project are told besides. */
export interface ChangeOptions extends ProjectOptions {
  dryRun?: boolean;
  yes?: boolean;
  /** Minutes. */
  watch?: number;
  /** From one look of the watch to the next, in seconds. */
  lookEvery: number;
}

export interface OperatorInput {
  environment: Environment;
  environments: Environment[];
  secrets: OperatorSecrets;
}

/** Adds the options that say which project is meant and where its secrets are. */
export function projectCommand(name: string, description: string): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .option(
      "--secrets-from-environment",
      "take the secrets from environment variables, not from .env.<name>",
    )
    .option(
      "--source <folder>",
      "holds the supabase/ to be deployed, and its packages in node_modules",
      REPOSITORY,
    )
    .option(
      "--settings <folder>",
      "holds supabase/environments.toml and the .env.<name> files",
      REPOSITORY,
    )
    .exitOverride();
}

/** The same for a command that changes the project. @param about what the two options mean to it */
export function changeCommand(
  name: string,
  description: string,
  about: { dryRun: string; watch: string },
): Command {
  return projectCommand(name, description)
    .requiredOption(
      "--project <name>",
      "an environment of supabase/environments.toml, or its project's reference",
    )
    .option("--dry-run", about.dryRun)
    .option("--yes", "do not ask before changing the project")
    .option("--watch <minutes>", about.watch, numberOf("minutes"))
    .option(
      "--look-every <seconds>",
      "how long the watch waits from one look to the next",
      numberOf("seconds"),
      LOOK_EVERY_MS / 1000,
    );
}

/** @throws {OperatorError} if the environment is not there or its secrets are not */
export async function readOperatorInput(
  { project, secretsFromEnvironment = false, settings }: ProjectOptions,
): Promise<OperatorInput> {
  const folder = resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), settings);
  const environments = await readEnvironments(
    `${folder}/supabase/environments.toml`,
  );
  const environment = findEnvironment(environments, project);
  const secrets = await readSecrets(
    environment,
    folder,
    secretsFromEnvironment,
  );
  return { environment, environments, secrets };
}

/**
 * Runs a command to its exit code and shows its failures as sentences. 0: done; 1: not done; 2: the command line cannot
 * be understood; 3: done, by going back.
 */
export async function runCommand(main: () => Promise<number>): Promise<number> {
  try {
    return await main();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof OperatorError || error instanceof StackError)) {
      throw error;
    }
    console.error(`\n${error.message}\n\n${error.remedy}`);
    return 1;
  }
}

/**
 * Refuses a command that would have to ask where nobody can answer, before it does anything.
 * @throws {OperatorError} if the command line does not answer for its operator
 */
export function mustBeAnswerable({ dryRun, yes }: ChangeOptions): void {
  if (dryRun || yes || Deno.stdin.isTerminal()) return;
  throw new OperatorError(
    "Nobody is there to confirm the plan.",
    "Say --yes to go ahead without asking, or --dry-run to see the plan alone.",
  );
}

/** Asks before a project is changed. @throws {OperatorError} if the answer is no */
export function confirm(question: string, yes: boolean): void {
  if (yes) return;
  if (globalThis.confirm(question)) return;
  throw new OperatorError("Nothing was changed.", "Run it again when ready.");
}

/** Reads an option's value. @throws {InvalidArgumentError} before anything is done */
function numberOf(unit: string) {
  return (text: string): number => {
    const number = Number(text);
    if (number > 0) return number;
    throw new InvalidArgumentError(`It must be a number of ${unit}.`);
  };
}
