import { type App, createUnconfiguredApp } from "../_shared/app.ts";
import { ConfigError, readConfig } from "../_shared/config.ts";
import { connect } from "../_shared/database.ts";
import {
  checkEnvironment,
  ENVIRONMENT_SETTINGS,
} from "../_shared/environment.ts";
import { createLogger, type Logger } from "../_shared/log.ts";
import { createWebhook } from "./app.ts";
import { boundRefusals } from "./bounded_refusals.ts";
import { createWebhookLedger } from "./queries.ts";

const NEEDED = [
  "SUPABASE_DB_URL",
  "WEBHOOK_SIGNING_SECRET",
  ...ENVIRONMENT_SETTINGS,
] as const;

/** The receiver as the environment describes it, or an app that says what is wrong with the environment. */
export function composeWebhook(
  env: { get(name: string): string | undefined } = Deno.env,
  logger: Logger = createLogger("webhook"),
): App {
  try {
    const config = readConfig(NEEDED, env);
    checkEnvironment("webhook", config);
    return createWebhook({
      ledger: boundRefusals(
        createWebhookLedger(connect(config.SUPABASE_DB_URL)),
      ),
      signingSecrets: config.WEBHOOK_SIGNING_SECRET,
      logger,
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return createUnconfiguredApp("webhook", { logger, fault: error });
  }
}
