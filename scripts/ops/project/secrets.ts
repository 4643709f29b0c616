import { ROTATABLE } from "../rotate_secret/rotate.ts";
import { parseEnv } from "node:util";
import { ConfigError, readConfig, type SettingName, SETTINGS } from "../../../supabase/functions/_shared/config.ts";
import { checkEnvironment, checkWebhookUrl } from "../../../supabase/functions/_shared/environment.ts";
import { type Environment, SECRET_NAMES } from "./environments.ts";
import { oauthSecrets } from "./sign_in.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

/** An operator's secrets for one environment, outside the repository. */
export interface OperatorSecrets {
  /** The functions' secrets by name. */
  functions: Record<string, string>;
  /** Client secrets of OAuth providers, under config.toml's names. */
  oauth?: Record<string, string>;
  /** The password of role postgres; absent if none is given. */
  databasePassword?: string;
  /** The token for the Management API; absent to use the CLI's own login. */
  accessToken?: string;
}

/**
 * Reads an environment's secrets from its own file, `.env.<name>`, only; or, without files (in CI), from this process'
 * environment, if `fromProcess` is set. They are never mixed: a variable of a shell must not reach production.
 * @param directory with the file
 * @throws {ErrorWithRemedy} if the file is missing or open to other users of this machine, or lacks an OAuth provider's
 * secret
 */
export async function readSecrets(
  environment: Environment,
  directory: string,
  fromProcess: boolean,
): Promise<OperatorSecrets> {
  const values = fromProcess ? Deno.env.toObject() : await readFile(`${directory}/.env.${environment.name}`);
  const functions = Object.fromEntries(
    SECRET_NAMES.flatMap((secret) => values[secret] ? [[secret, values[secret]]] : []),
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
    // Null on systems without file modes.
    if (((mode ?? 0) & 0o077) !== 0) {
      throw new ErrorWithRemedy(
        `Other users of this machine can read ${path}, which has this environment's secrets.`,
        `Restrict it: chmod 600 ${path}`,
      );
    }
    return parseEnv(await Deno.readTextFile(path)) as Record<string, string>;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ErrorWithRemedy(
      `${path}, with this environment's secrets, is missing.`,
      "docs/deploying/first-deployment.md lists its content. For secrets in environment variables, use --secrets-from-environment.",
      { cause: error },
    );
  }
}

/**
 * The functions' variables in addition to the platform's: secrets, settings and the environment's name, checked by the
 * same rules as in the functions.
 * @throws {ErrorWithRemedy} naming every invalid setting
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
      names.filter((name) => name === "SUPABASE_URL" || !name.startsWith("SUPABASE_")),
      seen,
    ) as ReturnType<typeof readConfig>;
    for (const service of ["api", "webhook", "worker"] as const) {
      checkEnvironment(service, config);
    }
    checkWebhookUrl(config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ErrorWithRemedy(
      `The settings of ${environment.name} are invalid: ${error.message}.`,
      `Correct .env.${environment.name} (secrets) or supabase/environments.toml (the rest). ` +
        "Create a new secret with: openssl rand -hex 32",
    );
  }
  for (const [name, value] of Object.entries(values)) {
    if (/['\n\r]/.test(value)) {
      throw new ErrorWithRemedy(
        `${name} contains a quote or a line break, which the CLI's secrets file does not support.`,
        "Choose another value.",
      );
    }
  }
  const given = Object.keys(ROTATABLE).filter((name) => values[name]);
  for (const [i, name] of given.entries()) {
    const other = given.slice(0, i).find((each) => values[each] === values[name]);
    if (!other) continue;
    throw new ErrorWithRemedy(
      `${other} and ${name} are the same.`,
      "Replace one of them: openssl rand -hex 32. Knowing one must not reveal the other.",
    );
  }
  return values;
}

/** The Management API's list of secrets: the hash of each value, by name. */
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

/** Secrets through which one environment would open another. A provider's key may be shared on purpose. */
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
