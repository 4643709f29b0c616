import { legacyKey, LOCAL_KEYS } from "./keys.ts";
import type { TokenSigningName } from "./token_signing.ts";

/**
 * The environment of the functions: the variables that hosted sets, then the project's secrets, without the providers'
 * variables.
 */
export async function functionEnvironment(
  url: string,
  databaseUrl: string,
  jwt: TokenSigningName,
): Promise<Record<string, string>> {
  const { publishableKey, secretKey } = LOCAL_KEYS;
  return {
    SUPABASE_URL: url,
    SUPABASE_DB_URL: databaseUrl,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: secretKey }),
    ...jwt === "hs256" && {
      SUPABASE_ANON_KEY: await legacyKey("anon"),
      SUPABASE_SERVICE_ROLE_KEY: await legacyKey("service_role"),
      JWT_SECRET: LOCAL_KEYS.jwtSecret,
    },
    WORKER_SECRET: LOCAL_KEYS.workerSecret,
    METRICS_SECRET: LOCAL_KEYS.metricsSecret,
    WEBHOOK_SIGNING_SECRET: LOCAL_KEYS.webhookSigningSecret,
    WEBHOOK_URL: `${url}/functions/v1/webhook/llamaparse`,
    // The gateway sets it, whatever a client sends, as hosted's does.
    CLIENT_ADDRESS_HEADER: "cf-connecting-ip",
    UPLOAD_PIPELINE_ENVIRONMENT: "development",
  };
}
