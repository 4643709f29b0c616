import { UsageError } from "../../dev/error_with_remedy.ts";
import { findDockerStack } from "../../platform/cli/docker_stack.ts";
import { SupabaseCli } from "../../platform/cli/supabase_cli.ts";
import { type ConsoleSettings, consoleSettings } from "../../platform/console/settings.ts";
import { findStackAt, findStackOfFolder, noStackOfFolder } from "../../platform/stack/running_stack.ts";
import { readOperatorInput } from "../project/operator.ts";
import { findProject, readKeys } from "../project/project.ts";
import type { ConsoleOptions } from "./arguments.ts";

type Named = Pick<ConsoleSettings, "url" | "publishableKey">;

/**
 * The project that the console is for, with its public key.
 * @throws {UsageError} if it is unknown, or its key is secret
 */
export async function settingsOf(options: ConsoleOptions): Promise<ConsoleSettings> {
  const { project, url, consentVersion, termsUrl } = options;
  const named = project !== undefined
    ? await environmentOf({ ...options, project })
    : url !== undefined
    ? await projectAt(url, options.key)
    : await localStack();
  return consoleSettings({ ...named, consentVersion, termsUrl });
}

async function environmentOf(options: ConsoleOptions & { project: string }): Promise<Named> {
  const { environment, secrets } = await readOperatorInput({ ...options, source: options.settings });
  if (options.key !== undefined) return { url: environment.url, publishableKey: options.key };
  const cli = new SupabaseCli({ ...secrets, directory: options.settings });
  await findProject(cli, environment);
  return { url: environment.url, publishableKey: (await readKeys(cli, environment)).publishable };
}

async function projectAt(url: string, key: string | undefined): Promise<Named> {
  const publishableKey = key ?? (URL.canParse(url) ? (await findStackAt(url))?.publishableKey : undefined);
  if (publishableKey !== undefined) return { url, publishableKey };
  throw new UsageError(
    `The publishable key of ${url} is missing.`,
    "Set --key or SUPABASE_PUBLISHABLE_KEY: Project Settings > API Keys.",
  );
}

async function localStack(): Promise<Named> {
  const found = await findStackOfFolder() ?? await findDockerStack();
  if (found) return found;
  throw await noStackOfFolder({ stack: "--url", pipeline: "--url and --key, or --project" });
}
