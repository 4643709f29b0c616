import { createEmbedder } from "../_providers/openai.ts";
import { createStorage } from "../_providers/storage.ts";
import { createUnconfiguredApp } from "../_shared/app.ts";
import type { App } from "../_shared/app_context.ts";
import { createAuditLog } from "../_shared/audit.ts";
import { addressHeaderOf } from "../_shared/client_address.ts";
import { type Config, ConfigError, readConfig } from "../_shared/config.ts";
import { APPLICATION, connect } from "../_shared/database.ts";
import { checkEnvironment, ENVIRONMENT_SETTINGS } from "../_shared/environment.ts";
import { createLogger, type Logger } from "../_shared/log.ts";
import type { Platform } from "../_shared/platform.ts";
import { createRequestMeter, writeRequests } from "../_shared/request_meter.ts";
import { createAccounts } from "./accounts.ts";
import { refuseAnonymousUsers } from "./anonymous_users.ts";
import { createApi } from "./app.ts";
import { createAuthenticate } from "./auth.ts";
import { createIdempotencyKeys } from "./idempotency.ts";
import { createApiQueries } from "./queries.ts";
import { allowsAnonymousUsers } from "./queries/accounts.ts";
import { createRateLimiter } from "./rate_limit.ts";
import { createSignIns } from "./sign_ins.ts";
import { VERSION } from "./version.ts";

const NEEDED = [
  "SUPABASE_URL",
  "SUPABASE_ANON_KEY",
  "SUPABASE_SERVICE_ROLE_KEY",
  "SUPABASE_SECRET_KEYS",
  "SUPABASE_DB_URL",
  "OPENAI_API_KEY",
  "OPENAI_API_URL",
  "JWT_SECRET",
  "CORS_ORIGINS",
  "CLIENT_ADDRESS_HEADER",
  "METRICS_SECRET",
  ...ENVIRONMENT_SETTINGS,
] as const;

/** The API as the environment configures it, or an app whose every route reports what is wrong with the environment. */
export function composeApi(
  platform: Platform,
  env: { get(name: string): string | undefined } = Deno.env,
  logger: Logger = createLogger("api"),
): App {
  try {
    const config = readConfig(NEEDED, env);
    checkEnvironment("api", config);
    return build(config, platform, logger);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return createUnconfiguredApp("api", { logger, fault: error });
  }
}

function build(
  config: Config<(typeof NEEDED)[number]>,
  platform: Platform,
  logger: Logger,
): App {
  const supabaseUrl = config.SUPABASE_URL;
  const anonKey = config.SUPABASE_ANON_KEY;
  const sql = connect(config.SUPABASE_DB_URL, { name: `${APPLICATION}-api` });
  return createApi({
    queries: createApiQueries(sql),
    limiter: createRateLimiter(
      sql.at("interactive"),
      config.SUPABASE_SERVICE_ROLE_KEY,
    ),
    idempotencyKeys: createIdempotencyKeys(sql),
    storage: createStorage({
      url: supabaseUrl,
      serviceRoleKey: config.SUPABASE_SERVICE_ROLE_KEY,
    }),
    authenticate: refuseAnonymousUsers(
      createAuthenticate({
        supabaseUrl,
        anonKey,
        jwtSecret: config.JWT_SECRET,
      }),
      () => allowsAnonymousUsers(sql.at("interactive")),
    ),
    accounts: createAccounts({
      supabaseUrl,
      anonKey,
      serviceRoleKey: config.SUPABASE_SERVICE_ROLE_KEY,
      secretKey: config.SUPABASE_SECRET_KEYS,
    }),
    audit: createAuditLog(sql, config.SUPABASE_SERVICE_ROLE_KEY),
    signIns: createSignIns(
      sql.at("interactive"),
      config.SUPABASE_SERVICE_ROLE_KEY,
    ),
    embedder: createEmbedder({
      apiKey: config.OPENAI_API_KEY,
      apiUrl: config.OPENAI_API_URL,
    }),
    logger,
    corsOrigins: config.CORS_ORIGINS.includes("*") ? undefined : config.CORS_ORIGINS,
    addressHeader: addressHeaderOf(config),
    version: VERSION,
    metricsSecrets: config.METRICS_SECRET,
    meter: createRequestMeter({
      write: writeRequests(sql, "api"),
      logger,
      ...platform,
    }),
  });
}
