import { createBudget } from "../_engine/budget.ts";
import { cleanup } from "../_engine/cleanup.ts";
import { createIsolation } from "../_engine/isolation.ts";
import { createLeases } from "../_engine/leases.ts";
import { endpointRule, notify } from "../_engine/notify.ts";
import type { Job, Stage } from "../_engine/stage.ts";
import { createLlamaParse, webhookReachable } from "../_providers/llamaparse.ts";
import { createEmbedder } from "../_providers/openai.ts";
import { createClamd } from "../_providers/scanner.ts";
import { createStorage } from "../_providers/storage.ts";
import { createUnconfiguredApp } from "../_shared/app.ts";
import type { App } from "../_shared/app_context.ts";
import { type Config, ConfigError, readConfig } from "../_shared/config.ts";
import { APPLICATION, connect } from "../_shared/database.ts";
import { checkEnvironment, checkWebhookUrl, ENVIRONMENT_SETTINGS } from "../_shared/environment.ts";
import { createLogger, type Logger } from "../_shared/log.ts";
import type { Platform } from "../_shared/platform.ts";
import { createRequestMeter, writeRequests } from "../_shared/request_meter.ts";
import { jobSecret } from "../_shared/signature.ts";
import { createChunk } from "../_stages/chunk.ts";
import { createChunks } from "../_stages/chunks.ts";
import { createEmbed } from "../_stages/embed.ts";
import { createFetchResult } from "../_stages/fetch_result.ts";
import type { StageName } from "../_stages/index.ts";
import { createParse } from "../_stages/parse.ts";
import { createSubmissions } from "../_stages/submissions.ts";
import { createIsolatedWorker, createWorker } from "./app.ts";

const NEEDED = [
  "SUPABASE_URL",
  "SUPABASE_SERVICE_ROLE_KEY",
  "SUPABASE_DB_URL",
  "LLAMAPARSE_API_KEY",
  "LLAMAPARSE_API_URL",
  "LLAMAPARSE_TIER",
  "OPENAI_API_KEY",
  "OPENAI_API_URL",
  "WEBHOOK_URL",
  "WEBHOOK_ALLOWED_HOSTS",
  "WEBHOOK_SIGNING_SECRET",
  "WORKER_SECRET",
  "NOTIFY_ALLOWED_HOSTS",
  "CLAMD_URL",
  ...ENVIRONMENT_SETTINGS,
] as const;
type WorkerConfig = Config<(typeof NEEDED)[number]>;

/** Well before the platform's wall clock (150 s on the free plan), with time to finish running attempts. */
const BUDGET_MS = 110_000;

type FunctionName = "worker" | "isolation";
interface Env {
  get(name: string): string | undefined;
}

export interface WorkerPlatform extends Platform {
  shutdown: AbortSignal;
}

/** The worker as the environment configures it, or an app that reports what is wrong with the environment. */
export function composeWorker(
  platform: WorkerPlatform,
  env: Env = Deno.env,
  logger: Logger = createLogger("worker"),
): App {
  return compose("worker", { env, logger }, (config) => {
    const parts = connectParts("worker", config, platform, logger);
    const { sql, storage, llamaparse } = parts;
    const mayCall = endpointRule(
      config.UPLOAD_PIPELINE_ENVIRONMENT,
      config.NOTIFY_ALLOWED_HOSTS,
    );
    return createWorker({
      ...parts,
      leases: createLeases(sql),
      cleanup: (log) => cleanup({ sql, storage, llamaparse }, log),
      notify: (log, budgetMs) => notify({ sql, mayCall }, log, budgetMs),
    });
  });
}

/** The worker for suspects. It is a separate function, because functions share no process. */
export function composeIsolation(
  platform: WorkerPlatform,
  env: Env = Deno.env,
  logger: Logger = createLogger("isolation"),
): App {
  return compose("isolation", { env, logger }, (config) => {
    const parts = connectParts("isolation", config, platform, logger);
    return createIsolatedWorker({
      ...parts,
      leases: createIsolation(parts.sql),
    });
  });
}

function compose(
  name: FunctionName,
  { env, logger }: { env: Env; logger: Logger },
  build: (config: WorkerConfig) => App,
): App {
  try {
    const config = readConfig(NEEDED, env);
    // Every deployment that serves the worker also serves its isolation.
    checkEnvironment("worker", config);
    checkWebhookUrl(config);
    return build(config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return createUnconfiguredApp(name, { logger, fault: error });
  }
}

/** The parts of both: the stages and their collaborators. */
function connectParts(
  name: FunctionName,
  config: WorkerConfig,
  platform: WorkerPlatform,
  logger: Logger,
) {
  const sql = connect(config.SUPABASE_DB_URL, {
    name: `${APPLICATION}-${name}`,
    // Only jobs wait for a worker, and the work of a long statement is worth keeping.
    waitSeconds: 30,
    statementSeconds: null,
  });
  const submissions = createSubmissions(sql);
  const chunks = createChunks(sql);
  const storage = createStorage({
    url: config.SUPABASE_URL,
    serviceRoleKey: config.SUPABASE_SERVICE_ROLE_KEY,
  });
  const llamaparse = createLlamaParse({
    apiKey: config.LLAMAPARSE_API_KEY,
    apiUrl: config.LLAMAPARSE_API_URL,
    tier: config.LLAMAPARSE_TIER,
  });
  const embedder = createEmbedder({
    apiKey: config.OPENAI_API_KEY,
    apiUrl: config.OPENAI_API_URL,
  });
  return {
    sql,
    storage,
    llamaparse,
    stages: {
      parse: createParse({
        storage,
        llamaparse,
        submissions,
        scanner: config.CLAMD_URL && createClamd(config.CLAMD_URL),
        webhookFor: webhookOf(config),
      }),
      fetch_result: createFetchResult({
        storage,
        llamaparse,
        submissions,
        tier: config.LLAMAPARSE_TIER,
      }),
      chunk: createChunk({ storage, chunks }),
      embed: createEmbed({
        embedder,
        chunks,
        budget: createBudget(sql, "openai"),
      }),
    } satisfies Record<StageName, Stage>,
    secrets: config.WORKER_SECRET,
    budgetMs: BUDGET_MS,
    logger,
    meter: createRequestMeter({
      write: writeRequests(sql, name),
      logger,
      ...platform,
    }),
    ...platform,
  };
}

/** Each job has its own URL and secret. Without a URL that LlamaParse can reach, its result is polled for. */
function webhookOf(config: WorkerConfig) {
  const [signingSecret] = config.WEBHOOK_SIGNING_SECRET;
  const base = config.WEBHOOK_URL ??
    `${config.SUPABASE_URL}/functions/v1/webhook/llamaparse`;
  const reachable = webhookReachable(base, config.LLAMAPARSE_API_URL);
  return ({ jobId, correlationId }: Job) =>
    reachable
      ? {
        url: `${base}/${jobId}`,
        secret: jobSecret(signingSecret, jobId),
        requestId: correlationId,
      }
      : null;
}
