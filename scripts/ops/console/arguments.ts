import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { resolve } from "node:path";
import { REPOSITORY } from "../../dev/repository.ts";
import { refuseOptionsThatNpmKept } from "../../dev/terminal/npm_options.ts";

/** Beside the local stack's ports. */
export const DEFAULT_PORT = 54380;

export const ACTS = ["serve", "dev", "build"] as const;
export type Act = typeof ACTS[number];

export interface ConsoleOptions {
  url?: string;
  key?: string;
  project?: string;
  settings: string;
  secretsFromEnvironment?: boolean;
  consentVersion?: string;
  termsUrl?: string;
  port: number;
  /** Absolute. */
  out: string;
}

const EXPLANATION = `
Without --url and --project the local stack of this folder is meant, which serves the console at its own address too.

Examples:
  npm run console
  npm run console -- --url https://<ref>.supabase.co --key sb_publishable_…
  npm run console -- build --project production --out site`;

/**
 * @param directory the caller's folder
 * @throws {CommanderError} on an unknown option, and after help
 * @throws {UsageError} if npm took an option
 */
export function readArguments(
  args: string[],
  env: Record<string, string | undefined>,
  directory: string,
): { act: Act; options: ConsoleOptions } {
  refuseOptionsThatNpmKept("npm run console", ["url", "key", "project", "port", "out"], env);
  const program = new Command("npm run console --")
    .description("Serves the console for a project on this machine, or builds it as files for a static host.")
    .addArgument(
      new Argument("[act]", "serve it, serve its sources with hot reload, or build files")
        .choices(ACTS).default("serve"),
    )
    .addOption(new Option("--url <url>", "the project's").env("SUPABASE_URL"))
    .addOption(
      new Option("--key <key>", "the project's publishable key; never a secret one").env("SUPABASE_PUBLISHABLE_KEY"),
    )
    .option("--project <name>", "an environment of supabase/environments.toml")
    .addOption(
      new Option("--settings <folder>", "folder with supabase/environments.toml and the .env.<name> files")
        .default(REPOSITORY, "this project's"),
    )
    .option(
      "--secrets-from-environment",
      "for --project: reads secrets from environment variables, not from .env.<name>",
    )
    .option("--consent-version <version>", "the version of the terms that a new user accepts")
    .option("--terms-url <url>", "where these terms are")
    .option("--port <number>", "where it is served; 0 for any free port", readPort, DEFAULT_PORT)
    .option("--out <folder>", "where the files go; they replace those of an earlier build", "console/site")
    .addHelpText("after", EXPLANATION)
    .exitOverride();
  program.parse(args, { from: "user" });
  const options = program.opts<ConsoleOptions>();
  const isGiven = program.getOptionValueSource("out") !== "default";
  return {
    act: (program.args[0] ?? "serve") as Act,
    options: { ...options, out: resolve(isGiven ? directory : REPOSITORY, options.out) },
  };
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65535) return port;
  throw new InvalidArgumentError("Use a number from 1024 to 65535, or 0.");
}
