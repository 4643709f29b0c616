import { NO_KEY_NEEDED } from "../stack/providers.ts";

const PROVIDERS = [["LLAMAPARSE_API_KEY", "LLAMAPARSE_API_URL"], ["OPENAI_API_KEY", "OPENAI_API_URL"]];
const OPTIONAL = ["LLAMAPARSE_TIER", "WEBHOOK_URL"];
const OWN_SECRETS = ["WORKER_SECRET", "WEBHOOK_SIGNING_SECRET"];

type Settings = Record<string, string>;

/**
 * What is known of the real providers: from this process's environment, or else from an earlier start.
 * @param before the settings of an earlier start, whose simulators have ended
 */
export function providerEnvironment(env: Settings, before: Settings): Settings {
  const known: Settings = {};
  const take = (from: Settings, names: string[]) => {
    for (const name of names) if (from[name]) known[name] = from[name];
  };
  for (const names of PROVIDERS) {
    const [key] = names;
    if (before[key] && before[key] !== NO_KEY_NEEDED) take(before, names);
    take(env, names);
  }
  take(before, OPTIONAL);
  take(env, OPTIONAL);
  return known;
}

/**
 * The settings of the functions in Docker.
 * @param functionEnv how they reach the providers
 * @param before the settings of an earlier start; secrets are made once
 */
export function dockerSettings(functionEnv: Settings, before: Settings): Settings {
  return {
    UPLOAD_PIPELINE_ENVIRONMENT: "development",
    ...functionEnv,
    ...Object.fromEntries(
      OWN_SECRETS.map((name) => [
        name,
        before[name] ??
          crypto.getRandomValues(new Uint8Array(32)).toHex(),
      ]),
    ),
  };
}

export function settingsFile(settings: Settings): string {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
