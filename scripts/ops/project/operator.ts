import { resolve } from "node:path";
import { Command } from "commander";
import {
  type Environment,
  findEnvironment,
  readEnvironments,
} from "./environments.ts";
import { type OperatorSecrets, readSecrets } from "./secrets.ts";
import { REPOSITORY } from "../../dev/repository.ts";

/** What every command that works on a project is told. */
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

/** @throws {ErrorWithRemedy} if the environment is not there or its secrets are not */
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
