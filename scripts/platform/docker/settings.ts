import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

const KEYS = ["LLAMAPARSE_API_KEY", "OPENAI_API_KEY"];
const OWN_SECRETS = ["WORKER_SECRET", "WEBHOOK_SIGNING_SECRET"];
const OPTIONAL = ["LLAMAPARSE_API_URL", "LLAMAPARSE_TIER", "OPENAI_API_URL"];

/**
 * The settings of the functions in Docker. The simulators cannot replace the providers: they listen on the loopback
 * address, which no container reaches.
 * @param env this process's environment; it wins
 * @param before the settings of an earlier start; secrets are made once
 * @throws {ErrorWithRemedy} if a provider's key is in neither
 */
export function dockerSettings(
  env: Record<string, string>,
  before: Record<string, string>,
): Record<string, string> {
  const known = { ...before, ...env };
  const missing = KEYS.filter((name) => !known[name]);
  if (missing.length > 0) {
    throw new ErrorWithRemedy(
      `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not set, and in Docker there are no simulators.`,
      "Set it in this shell; npm start runs without keys, where it runs.",
    );
  }
  return {
    UPLOAD_PIPELINE_ENVIRONMENT: "development",
    ...Object.fromEntries(
      [...KEYS, ...OPTIONAL].flatMap((name) => known[name] ? [[name, known[name]]] : []),
    ),
    ...Object.fromEntries(
      OWN_SECRETS.map((name) => [
        name,
        before[name] ??
          crypto.getRandomValues(new Uint8Array(32)).toHex(),
      ]),
    ),
  };
}

export function settingsFile(settings: Record<string, string>): string {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
