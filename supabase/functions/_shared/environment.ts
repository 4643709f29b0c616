import { type Config, ConfigError } from "./config.ts";

/** The settings by which every function checks that it runs in the right deployment. */
export const ENVIRONMENT_SETTINGS = [
  "SERVICE_MODE",
  "UPLOAD_PIPELINE_ENVIRONMENT",
  "UPLOAD_PIPELINE_STORAGE_ENVIRONMENT",
] as const;

/**
 * Refuses to start in a deployment that is meant for another function, or whose parts belong to two environments.
 * @throws {ConfigError} naming the settings at fault
 */
export function checkEnvironment(
  service: "api" | "webhook" | "worker",
  config: Config<(typeof ENVIRONMENT_SETTINGS)[number]>,
): void {
  const {
    SERVICE_MODE: mode,
    UPLOAD_PIPELINE_ENVIRONMENT: environment,
    UPLOAD_PIPELINE_STORAGE_ENVIRONMENT: storage = environment,
  } = config;
  if (mode !== "all" && mode !== service) {
    throw new ConfigError(
      `SERVICE_MODE is ${mode}: this deployment does not serve the ${service} function`,
    );
  }
  if (storage !== environment) {
    throw new ConfigError(
      `UPLOAD_PIPELINE_STORAGE_ENVIRONMENT is ${storage}, but UPLOAD_PIPELINE_ENVIRONMENT is ${environment}: ` +
        "documents of one environment would be stored in another",
    );
  }
}

/**
 * Refuses callbacks to another environment: outside development, WEBHOOK_URL must be on the project's own host or on
 * one that WEBHOOK_ALLOWED_HOSTS names.
 * @throws {ConfigError} naming both hosts
 */
export function checkWebhookUrl(
  config: Config<
    | "SUPABASE_URL"
    | "UPLOAD_PIPELINE_ENVIRONMENT"
    | "WEBHOOK_ALLOWED_HOSTS"
    | "WEBHOOK_URL"
  >,
): void {
  if (!config.WEBHOOK_URL) return;
  if (config.UPLOAD_PIPELINE_ENVIRONMENT === "development") return;

  const { host } = new URL(config.WEBHOOK_URL);
  const own = new URL(config.SUPABASE_URL).host;
  const allowed = [own, ...config.WEBHOOK_ALLOWED_HOSTS ?? []]
    .map((name) => name.toLowerCase());
  if (!allowed.includes(host)) {
    throw new ConfigError(
      `WEBHOOK_URL is on ${host}, but this project is ${own}: callbacks would reach another environment ` +
        "(name the host in WEBHOOK_ALLOWED_HOSTS if it is this project's own domain)",
    );
  }
}
