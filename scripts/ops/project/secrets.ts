import { ROTATABLE } from "../rotate_secret/rotate.ts";
import { parseEnv } from "node:util";
import {
  ConfigError,
  readConfig,
  type SettingName,
  SETTINGS,
} from "../../../supabase/functions/_shared/config.ts";
import {
  checkEnvironment,
  checkWebhookUrl,
} from "../../../supabase/functions/_shared/environment.ts";
import { type Environment, SECRET_NAMES } from "./environments.ts";
import { oauthSecrets } from "./sign_in.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** What an operator keeps for one environment beside the repository. */
export interface OperatorSecrets {
  /** Of the functions, by name. */
  functions: Record<string, string>;
  /** Client secrets of OAuth providers, by the names that config.toml has for them. */
  oauth?: Record<string, string>;
  /** Of the role postgres; absent if none was given. */
  databasePassword?: string;
  /** Of the Management API; absent if the CLI's own login is to be used. */
  accessToken?: string;
}

/**
 * Reads an environment's secrets from its own file, `.env.<name>`, and from nowhere else; or, where there are no files
 * (CI), from this process' environment, if `fromProcess` says so. They are never mixed: a variable left in a shell must
 * not reach production.
 * @param directory that holds the file
 * @throws {ErrorWithRemedy} if the file is missing or open to other users of this machine, or lacks an OAuth provider's secret
 */
export async function readSecrets(
  environment: Environment,
  directory: string,
  fromProcess: boolean,
): Promise<OperatorSecrets> {
  const values = fromProcess
    ? Deno.env.toObject()
    : await readFile(`${directory}/.env.${environment.name}`);
  const functions = Object.fromEntries(
    SECRET_NAMES.flatMap((secret) =>
      values[secret] ? [[secret, values[secret]]] : []
    ),
  );
  return {
    functions,
    oauth: oauthSecrets(environment, values),
    databasePassword: values.SUPABASE_DB_PASSWORD || undefined,
    accessToken: values.SUPABASE_ACCESS_TOKEN || undefined,
  };
}

async function readFile(path: string): Promise<Record<string, string>> {
  try {
    const { mode } = await Deno.stat(path);
    // Null where there are no such modes.
    if (((mode ?? 0) & 0o077) !== 0) {
      throw new ErrorWithRemedy(
        `Others on this machine may read ${path}, which holds this environment's secrets.`,
        `Keep it to yourself: chmod 600 ${path}`,
      );
    }
    return parseEnv(await Deno.readTextFile(path)) as Record<string, string>;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ErrorWithRemedy(
      `There is no ${path}, which holds this environment's secrets.`,
      "docs/deploying/first-deployment.md lists what belongs there. Where secrets come as environment variables, say --secrets-from-environment.",
      { cause: error },
    );
  }
}

/**
 * All that the functions of an environment are to find in theirs beside what the platform sets: its secrets, its
 * settings and its name; checked by the rules that the functions themselves check by when they start.
 * @throws {ErrorWithRemedy} naming every setting at fault
 */
export function functionSettings(
  environment: Environment,
  secrets: OperatorSecrets,
): Record<string, string> {
  const values: Record<string, string> = {
    ...environment.settings,
    ...secrets.functions,
    UPLOAD_PIPELINE_ENVIRONMENT: environment.environment,
    UPLOAD_PIPELINE_STORAGE_ENVIRONMENT: environment.environment,
  };
  const seen = new Map([
    ...Object.entries(values),
    ["SUPABASE_URL", environment.url],
  ]);
  const names = Object.keys(SETTINGS) as SettingName[];
  try {
    const config = readConfig(
      names.filter((name) =>
        name === "SUPABASE_URL" || !name.startsWith("SUPABASE_")
      ),
      seen,
    ) as ReturnType<typeof readConfig>;
    for (const service of ["api", "webhook", "worker"] as const) {
      checkEnvironment(service, config);
    }
    checkWebhookUrl(config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ErrorWithRemedy(
      `The settings of ${environment.name} are not right: ${error.message}.`,
      `Correct .env.${environment.name} (secrets) or supabase/environments.toml (the rest). ` +
        "A new secret is made by: openssl rand -hex 32",
    );
  }
  for (const [name, value] of Object.entries(values)) {
    if (/['\n\r]/.test(value)) {
      throw new ErrorWithRemedy(
        `${name} contains a quote or a line break, which the CLI's file of secrets cannot carry.`,
        "Choose a value without.",
      );
    }
  }
  const given = Object.keys(ROTATABLE).filter((name) => values[name]);
  for (const [i, name] of given.entries()) {
    const other = given.slice(0, i).find((each) =>
      values[each] === values[name]
    );
    if (!other) continue;
    throw new ErrorWithRemedy(
      `${other} and ${name} are the same.`,
      "Make one of them anew: openssl rand -hex 32. Who learns one must not know the other.",
    );
  }
  return values;
}

/** What the Management API tells of secrets: the hash of each value, by name. */
export type SecretDigests = Record<string, string>;

/** The names whose value on the project is another than the one to be set, or missing. */
export async function changedSettings(
  settings: Record<string, string>,
  onProject: SecretDigests,
): Promise<string[]> {
  const changed: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (onProject[name] !== await sha256(value)) changed.push(name);
  }
  return changed;
}

/** Secrets that would open one environment to whoever knows the other's. A provider's key may be shared on purpose. */
const NEVER_SHARED = [...Object.keys(ROTATABLE), "JWT_SECRET"];

/** The names of secrets that another environment has with the same value. */
export async function sharedSecrets(
  settings: Record<string, string>,
  otherProject: SecretDigests,
): Promise<string[]> {
  const shared: string[] = [];
  for (const name of NEVER_SHARED) {
    const value = settings[name];
    if (value && otherProject[name] === await sha256(value)) shared.push(name);
  }
  return shared;
}

async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
