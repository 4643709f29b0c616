import { resolve } from "node:path";
import { Command, Option } from "commander";
import { type Environment, findEnvironment, readEnvironments } from "./environments.ts";
import { type OperatorSecrets, readSecrets } from "./secrets.ts";
import { REPOSITORY } from "../../dev/repository.ts";

/** Options of every command that works on a project. */
export interface ProjectOptions {
  project: string;
  secretsFromEnvironment?: boolean;
  settings: string;
  source: string;
}

export interface OperatorInput {
  environment: Environment;
  environments: Environment[];
  secrets: OperatorSecrets;
}

/** Adds the options for the project and its secrets. */
export function projectCommand(name: string, description: string): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .option(
      "--secrets-from-environment",
      "reads secrets from environment variables, not from .env.<name>",
    )
    .addOption(
      new Option(
        "--source <folder>",
        "folder with the supabase/ to deploy, and its packages in node_modules; or one that npm run init has added the pipeline to",
      ).argParser((path) => resolve(callersFolder(), path)).default(REPOSITORY, "this project's"),
    )
    .addOption(
      new Option(
        "--settings <folder>",
        "folder with supabase/environments.toml and the .env.<name> files",
      ).default(REPOSITORY, "this project's"),
    )
    .exitOverride();
}

/** npm starts its scripts in this repository, and passes the caller's folder. */
function callersFolder(): string {
  return Deno.env.get("INIT_CWD") ?? Deno.cwd();
}

/** @throws {ErrorWithRemedy} if the environment or its secrets are missing */
export async function readOperatorInput(
  { project, secretsFromEnvironment = false, settings }: ProjectOptions,
): Promise<OperatorInput> {
  const folder = resolve(callersFolder(), settings);
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
