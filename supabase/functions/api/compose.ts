import { type App, createUnconfiguredApp } from "../_shared/app.ts";
import { createAuthenticate } from "../_shared/auth.ts";
import { type Config, ConfigError, readConfig } from "../_shared/config.ts";
import { connect } from "../_shared/database.ts";
import { createLogger, type Logger } from "../_shared/log.ts";
import { createEmbedder } from "../_shared/openai.ts";
import { createStorage } from "../_shared/storage.ts";
import { createAccounts } from "./accounts.ts";
import { createApi } from "./app.ts";
import { createApiQueries } from "./queries.ts";
import { VERSION } from "./version.ts";

const NEEDED = [
  "SUPABASE_URL",
  "SUPABASE_ANON_KEY",
  "SUPABASE_SERVICE_ROLE_KEY",
  "SUPABASE_DB_URL",
  "OPENAI_API_KEY",
  "OPENAI_API_URL",
  "JWT_SECRET",
] as const;

/** The API as the environment describes it, or an app that says on every route what is wrong with the environment. */
export function composeApi(
  env: { get(name: string): string | undefined } = Deno.env,
  logger: Logger = createLogger("api"),
): App {
  try {
    return build(readConfig(NEEDED, env), logger);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return createUnconfiguredApp("api", { logger, fault: error });
  }
}

function build(
  config: Config<(typeof NEEDED)[number]>,
  logger: Logger,
): App {
  const supabaseUrl = config.SUPABASE_URL;
  const anonKey = config.SUPABASE_ANON_KEY;
  return createApi({
    queries: createApiQueries(connect(config.SUPABASE_DB_URL)),
    storage: createStorage({
      url: supabaseUrl,
      serviceRoleKey: config.SUPABASE_SERVICE_ROLE_KEY,
    }),
    authenticate: createAuthenticate({
      supabaseUrl,
      anonKey,
      jwtSecret: config.JWT_SECRET,
    }),
    accounts: createAccounts({ supabaseUrl, anonKey }),
    embedder: createEmbedder({
      apiKey: config.OPENAI_API_KEY,
      apiUrl: config.OPENAI_API_URL,
    }),
    logger,
    version: VERSION,
  });
}
