import { createUnconfiguredApp } from "../_shared/app.ts";
import type { App } from "../_shared/app_context.ts";
import { addressHeaderOf } from "../_shared/client_address.ts";
import { ConfigError, readConfig } from "../_shared/config.ts";
import { APPLICATION, connect } from "../_shared/database.ts";
import { checkEnvironment, ENVIRONMENT_SETTINGS } from "../_shared/environment.ts";
import { createLogger, type Logger } from "../_shared/log.ts";
import type { Platform } from "../_shared/platform.ts";
import { createRequestMeter, writeRequests } from "../_shared/request_meter.ts";
import { createWebhook } from "./app.ts";
import { boundRefusals } from "./bounded_refusals.ts";
import { createWebhookLedger } from "./queries.ts";

const NEEDED = [
  "SUPABASE_URL",
  "SUPABASE_DB_URL",
  "CLIENT_ADDRESS_HEADER",
  "WEBHOOK_SIGNING_SECRET",
  "METRICS_SECRET",
  ...ENVIRONMENT_SETTINGS,
] as const;

/** The receiver as the environment configures it, or an app that reports what is wrong with the environment. */
export function composeWebhook(
  platform: Platform,
  env: { get(name: string): string | undefined } = Deno.env,
  logger: Logger = createLogger("webhook"),
): App {
  try {
    const config = readConfig(NEEDED, env);
    checkEnvironment("webhook", config);
    const sql = connect(config.SUPABASE_DB_URL, {
      name: `${APPLICATION}-webhook`,
    });
    return createWebhook({
      ledger: boundRefusals(
        createWebhookLedger(sql),
      ),
      signingSecrets: config.WEBHOOK_SIGNING_SECRET,
      addressHeader: addressHeaderOf(config),
      metricsSecrets: config.METRICS_SECRET,
      logger,
      meter: createRequestMeter({
        write: writeRequests(sql, "webhook"),
        logger,
        ...platform,
      }),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return createUnconfiguredApp("webhook", { logger, fault: error });
  }
}
