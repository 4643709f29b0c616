import { z } from "zod";
import { ADDRESS_HEADERS } from "./client_address.ts";

/** One environment variable: its purpose, its format, and its default. */
interface Setting<T> {
  purpose: string;
  schema: z.ZodType<T>;
  /**
   * Other variables that may hold the value, in order of preference; of a JSON object of named keys, the value of
   * `default`.
   */
  alternatives?: string[];
  fallback?: string;
}

function setting<T>(
  purpose: string,
  schema: z.ZodType<T>,
  rest: Pick<Setting<T>, "alternatives" | "fallback"> = {},
): Setting<T> {
  return { purpose, schema, ...rest };
}

const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http(s) URL" })
  .transform((url) => url.replace(/\/+$/, ""));
const secret = z.string().min(16, "must have at least 16 characters");

/** The first signs; during a rotation the second, its predecessor, is still accepted. */
const secrets = z.string().transform((list) => list.split(",").map((item) => item.trim())).pipe(
  z.array(secret).min(1).max(2, "must hold two values at most"),
);

const environment = z.enum(["development", "staging", "production"]);
const commaSeparated = z.string().transform((list) => list.split(",").map((item) => item.trim()).filter(Boolean))
  .refine((items) => items.length > 0, "must not be empty");

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** Every environment variable that the functions read. The README's table is checked against it. */
export const SETTINGS = {
  SUPABASE_URL: setting("the project's URL; set by the platform", httpUrl),
  SUPABASE_SERVICE_ROLE_KEY: setting(
    "lets the pipeline store and read files; set by the platform",
    secret,
    { alternatives: ["SUPABASE_SECRET_KEYS"] },
  ),
  SUPABASE_ANON_KEY: setting(
    "the public key that Auth expects beside a user's password; set by the platform",
    secret,
    { alternatives: ["SUPABASE_PUBLISHABLE_KEYS"] },
  ),
  SUPABASE_SECRET_KEYS: setting(
    "the newer secret key, with which Auth accepts the address that a sign-in comes from; set by the platform",
    secret.optional(),
  ),
  SUPABASE_DB_URL: setting(
    "the Postgres connection; set by the platform",
    z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgres:// URL" }),
    { alternatives: ["DATABASE_URL"] },
  ),
  LLAMAPARSE_API_KEY: setting(
    "pays for parsing at LlamaParse",
    z.string().min(1),
  ),
  LLAMAPARSE_API_URL: setting("where LlamaParse answers", httpUrl, {
    fallback: "https://api.cloud.llamaindex.ai",
  }),
  LLAMAPARSE_TIER: setting(
    "the quality of parsing: cost_effective, agentic or agentic_plus",
    z.enum(["cost_effective", "agentic", "agentic_plus"]),
    { fallback: "cost_effective" },
  ),
  OPENAI_API_KEY: setting("pays for embeddings at OpenAI", z.string().min(1)),
  OPENAI_API_URL: setting("where the embeddings API answers", httpUrl, {
    fallback: "https://api.openai.com/v1",
  }),
  WEBHOOK_URL: setting(
    "where LlamaParse posts its callbacks; derived from the project's URL if absent",
    httpUrl.optional(),
  ),
  WEBHOOK_SIGNING_SECRET: setting(
    "signs and verifies LlamaParse's callbacks; during a rotation the new one and the old, comma separated",
    secrets,
  ),
  WORKER_SECRET: setting(
    "signs the database's calls of the worker; during a rotation the new one and the old, comma separated",
    secrets,
  ),
  CLAMD_URL: setting(
    "a ClamAV daemon in the private network, such as tcp://10.0.0.5:3310, that scans every upload; without it uploads are not scanned",
    z.url({
      protocol: /^tcp$/,
      hostname: /./,
      error: "must be tcp://host:port",
    }).transform((url) => new URL(url)).refine(
      ({ port }) => port !== "",
      "must name a port",
    ).optional(),
  ),
  JWT_SECRET: setting(
    "verifies users' tokens locally in projects that sign with a shared secret; without it Auth verifies them",
    secret.optional(),
  ),
  WEBHOOK_ALLOWED_HOSTS: setting(
    "hosts that WEBHOOK_URL may name beside the project's own, comma separated; for custom domains",
    commaSeparated.optional(),
  ),
  NOTIFY_ALLOWED_HOSTS: setting(
    "private hosts, and those without HTTPS, that may be sent webhooks, comma separated; public ones need not be named",
    commaSeparated.optional(),
  ),
  CORS_ORIGINS: setting(
    "the origins whose pages may call the API, comma separated; * is all of them",
    commaSeparated.refine(
      (origins) => origins.every((origin) => origin === "*" || isOrigin(origin)),
      "must be origins such as https://app.example.com, or *",
    ),
    { fallback: "*" },
  ),
  CLIENT_ADDRESS_HEADER: setting(
    "the header that holds the caller's address: x-forwarded-for, or cf-connecting-ip behind Cloudflare, the default of hosted projects",
    z.enum(ADDRESS_HEADERS).optional(),
  ),
  METRICS_SECRET: setting(
    "the bearer token with which Prometheus reads the metrics; without it the route is closed; during a rotation the new one and the old, comma separated",
    secrets.optional(),
  ),
  SERVICE_MODE: setting(
    "which function answers in this deployment: all, api, webhook or worker",
    z.string().toLowerCase().transform((mode) => mode === "production" ? "all" : mode.replace(/_only$/, "")).pipe(
      z.enum(["all", "api", "webhook", "worker"], {
        error: "must be all, api, webhook or worker",
      }),
    ),
    { fallback: "all" },
  ),
  UPLOAD_PIPELINE_ENVIRONMENT: setting(
    "development, staging or production",
    environment,
    { fallback: "production" },
  ),
  UPLOAD_PIPELINE_STORAGE_ENVIRONMENT: setting(
    "whose files these are; if set, it must name the same environment",
    environment.optional(),
  ),
} satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;
export type Config<N extends SettingName = SettingName> = {
  readonly [K in N]: z.output<(typeof SETTINGS)[K]["schema"]>;
};

/** The environment does not allow this function to start. The message names every invalid setting. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/**
 * Reads the named settings, all of them, so that one start reports everything that is wrong.
 * @throws {ConfigError} naming each missing or malformed setting and its purpose
 */
export function readConfig<N extends SettingName>(
  names: readonly N[],
  env: { get(name: string): string | undefined } = Deno.env,
): Config<N> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const name of names) {
    const { purpose, schema, fallback, alternatives = [] }: Setting<unknown> = SETTINGS[name];
    const raw = [name, ...alternatives].map((key) => defaultKey(env.get(key))).find(Boolean) ??
      fallback;
    const parsed = schema.safeParse(raw);
    if (parsed.success) {
      values[name] = parsed.data;
    } else {
      const problem = raw === undefined ? "is missing" : parsed.error.issues[0]?.message;
      faults.push(`${name} ${problem} (${purpose})`);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults.join("; "));
  return values as Config<N>;
}

/** Newer projects hold named keys as a JSON object (`{"default":"sb_secret_…"}`); older ones hold the bare key. */
function defaultKey(raw: string | undefined): string | undefined {
  if (!raw?.startsWith("{")) return raw;
  try {
    return JSON.parse(raw).default;
  } catch {
    return raw;
  }
}
