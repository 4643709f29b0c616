import type postgres from "postgres";
import { z } from "zod";
import { hmacHex } from "../../../supabase/functions/_shared/signature.ts";
import { examine, type Finding, HOSTED, met, type Remedies, unknown, unmet } from "./finding.ts";

const TIMEOUT_MS = 15_000;
/** The time-out for a call that the database makes, in milliseconds. */
const ROUND_TRIP_MS = 20_000;

const health = z.object({
  status: z.enum(["ok", "degraded", "unavailable"]),
  version: z.string(),
  migration: z.string().nullable(),
  parts: z.record(z.string(), z.looseObject({ status: z.string() })),
});

export type Health = z.infer<typeof health>;

/** The API's health report, also when it is unhealthy. @throws if it does not answer in its documented form */
export async function readHealth(functionsUrl: string): Promise<Health> {
  const response = await get(`${functionsUrl}/api/health`);
  const text = await response.text();
  const parsed = health.safeParse(asJson(text));
  if (parsed.success) return parsed.data;
  throw new Error(`it answered ${response.status}: ${text.slice(0, 300)}`);
}

/** Whether each function answers as itself. Read-only. */
export async function checkServices(
  functionsUrl: string,
  webhookUrl = `${functionsUrl}/webhook/llamaparse`,
  { readLog, bringUp }: Remedies = HOSTED,
): Promise<Finding[]> {
  return (await Promise.all([
    examine("function api", bringUp, async () => {
      const { status, version, migration, parts } = await readHealth(
        functionsUrl,
      );
      const poor = Object.entries(parts).filter(([, part]) => part.status !== "ok").map(([name, part]) =>
        `${name} ${part.status}`
      );
      const found = `version ${version} on migration ${migration}` +
        (poor.length > 0 ? `; ${poor.join(", ")}` : "");
      return status === "unavailable" ? unmet("function api", found, readLog) : met("function api", found);
    }),
    examine("function webhook", bringUp, async () => {
      const response = await get(`${functionsUrl}/webhook/status`);
      const text = await response.text();
      return response.ok
        ? met("function webhook", "answers")
        : unmet("function webhook", `${response.status} ${text}`, readLog);
    }),
    ...["worker", "isolation"].map((name) =>
      examine(`function ${name}`, bringUp, async () => {
        const response = await fetch(`${functionsUrl}/${name}/parse`, {
          method: "POST",
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const text = await response.text();
        // The worker runs and knows its secret; otherwise it would return 503.
        return response.status === 401
          ? met(`function ${name}`, "answers, and refuses unauthorized callers")
          : unmet(`function ${name}`, `${response.status} ${text}`, readLog);
      })
    ),
    examine(
      "webhook's address",
      "LlamaParse must reach it from outside: see WEBHOOK_URL in docs/reference/configuration.md.",
      async () => {
        const url = webhookUrl.replace(/\/llamaparse$/, "/test");
        const response = await get(url);
        await response.body?.cancel();
        return response.ok ? met("webhook's address", `${url} answers`) : unmet(
          "webhook's address",
          `${url} answers ${response.status}`,
          "Check WEBHOOK_URL and the custom domain's DNS.",
        );
      },
    ),
  ])).flat();
}

/** Whether the answering functions are those of a release. */
export function checkVersion(
  functionsUrl: string,
  version: string,
): Promise<Finding[]> {
  const requirement = "version";
  const remedy = "Wait a minute until the previous functions have ended.";
  return examine(requirement, remedy, async () => {
    const { version: found } = await readHealth(functionsUrl);
    return found === version ? met(requirement, found) : unmet(requirement, `${found} answers, not ${version}`, remedy);
  });
}

/** A public route of each function; the workers refuse it. */
const BUILD_ROUTES = [
  { name: "api", path: "api/health/live", method: "GET" },
  { name: "webhook", path: "webhook/test", method: "GET" },
  { name: "worker", path: "worker/parse", method: "POST" },
  { name: "isolation", path: "isolation/parse", method: "POST" },
];

/** Whether every function was built from these sources, which reveals older builds. */
export function checkBuild(
  functionsUrl: string,
  build: string,
  { rebuild }: Remedies = HOSTED,
): Promise<Finding[]> {
  const requirement = "build";
  return examine(requirement, rebuild, async () => {
    const found = await Promise.all(
      BUILD_ROUTES.map(async ({ name, path, method }) => {
        const response = await fetch(`${functionsUrl}/${path}`, {
          method,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        await response.body?.cancel();
        return { name, build: response.headers.get("x-pipeline-build") };
      }),
    );
    const others = found.filter((each) => each.build !== build)
      .map((each) => `${each.name} was built from ${each.build ?? "other sources"}`);
    return others.length === 0 ? met(requirement, `every function was built from ${build}`) : unmet(
      requirement,
      `these sources have ${build}; ${others.join(", ")}`,
      rebuild,
    );
  });
}

/** What the Data API serves for users, and for operators in the console; each is asked for something that it has. */
const EXPOSED = { upload_pipeline: "statuses?select=status&limit=1", pipeline_console: "rpc/pulse" };

/** Whether the Data API serves the pipeline's schemas exactly if it should. */
export async function checkDataApi(
  url: string,
  key: string,
  { redeploy }: Remedies,
  isWanted: boolean | "either" = true,
): Promise<Finding[]> {
  const findings = Object.entries(EXPOSED).map(([schema, path]) => {
    const remedy = `${schema} must ${
      isWanted ? "" : "not "
    }be among the exposed schemas (supabase/config.toml, data_api in environments.toml). ${redeploy}`;
    return examine("Data API", remedy, async () => {
      const response = await fetch(`${url}/rest/v1/${path}`, {
        headers: { apikey: key, "accept-profile": schema },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      // Postgres refuses a visitor (42501), but only for an exposed schema.
      const exposed = response.ok || text.includes("42501");
      const found = exposed ? `exposes ${schema}` : `${schema} is closed`;
      if (isWanted === "either" || exposed === isWanted) return met("Data API", found);
      return unmet("Data API", isWanted ? `${schema}: ${response.status} ${text}` : found, remedy);
    });
  });
  return (await Promise.all(findings)).flat();
}

/** Whether the database can wake a worker: through Vault, pg_net and the network, and back. Leaves no trace. */
export function checkWakeUp(
  sql: postgres.Sql,
  { redeploy, readLog }: Remedies = HOSTED,
): Promise<Finding[]> {
  const requirement = "wake-up round trip";
  return examine(requirement, redeploy, async () => {
    const [{ before }] = await sql`
      select coalesce(max(id), 0) as before from net._http_response`;
    const started = performance.now();
    const [{ called }] = await sql`
      select pipeline_internal.call_worker('cleanup') is not null as called`;
    if (!called) {
      return unmet(
        requirement,
        "Vault lacks the workers' URL",
        redeploy,
      );
    }
    while (performance.now() - started < ROUND_TRIP_MS) {
      const [answer] = await sql`
        select status_code, content, error_msg, timed_out from net._http_response where id > ${before} order by id limit 1`;
      if (answer) {
        const ms = Math.round(performance.now() - started);
        if (answer.status_code === 202) {
          return met(requirement, `answered within ${ms} ms`);
        }
        if (answer.status_code === 401) {
          return unmet(
            requirement,
            answer.content?.includes("expired")
              ? "the worker refuses the database: its token has expired, so their clocks differ"
              : "the worker refuses the database: Vault's pipeline_worker_secret differs from its WORKER_SECRET",
            redeploy,
          );
        }
        return answer.status_code ? unmet(requirement, `answered ${answer.status_code}`, readLog) : unmet(
          requirement,
          `the database does not reach the worker: ${answer.error_msg}`,
          `Vault's pipeline_functions_url must be the functions' URL. ${redeploy}`,
        );
      }
      await pause(100);
    }
    return unmet(
      requirement,
      `no answer in ${ROUND_TRIP_MS / 1000} s`,
      `${readLog} Without the call in the log, pg_net has stopped: restart the database.`,
    );
  });
}

/**
 * Whether a callback with LlamaParse's signature reaches this database and no other. It names no job, so it has no
 * effect; its record is removed.
 */
export function checkWebhook(
  sql: postgres.Sql,
  webhookUrl: string,
  signingSecret: string,
): Promise<Finding[]> {
  const remedy = "Check that WEBHOOK_URL belongs to this project and WEBHOOK_SIGNING_SECRET has its value.";
  return examine("webhook round trip", remedy, async () => {
    const requirement = "webhook round trip";
    const eventId = `doctor-${crypto.randomUUID()}`;
    const body = JSON.stringify({
      event_id: eventId,
      event_type: "parse.success",
      timestamp: Date.now() / 1000,
      data: { job_id: eventId },
    });
    const response = await fetch(webhookUrl, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "lc-signature": `sha256=${await hmacHex(signingSecret, body)}`,
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) {
      return unmet(requirement, `${response.status} ${text}`, remedy);
    }
    const removed = await sql`
      delete from pipeline_internal.deliveries where event_id = ${eventId} returning event_id`;
    return removed.length === 1 ? met(requirement, "a signed callback arrived and was recorded") : unmet(
      requirement,
      `${webhookUrl} accepted the callback, but this database has no record of it: it belongs to another environment`,
      remedy,
    );
  });
}

/** Whether the providers accept the keys. Requests lists only, which cost nothing. */
export async function checkProviders(
  settings: Record<string, string>,
): Promise<Finding[]> {
  const providers = [
    {
      name: "LlamaParse",
      key: settings.LLAMAPARSE_API_KEY,
      url: `${settings.LLAMAPARSE_API_URL ?? "https://api.cloud.llamaindex.ai"}/api/v2/parse?page_size=1`,
    },
    {
      name: "OpenAI",
      key: settings.OPENAI_API_KEY,
      url: `${settings.OPENAI_API_URL ?? "https://api.openai.com/v1"}/models/text-embedding-3-small`,
    },
  ];
  return (await Promise.all(providers.map(({ name, key, url }) => {
    const requirement = `${name}'s key`;
    const remedy = `Create a new key at ${name}, add it to the environment's secrets and deploy.`;
    if (!key) {
      return Promise.resolve([
        unknown(requirement, "unknown here; it is a secret of the project"),
      ]);
    }
    return examine(requirement, remedy, async () => {
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${key}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (response.ok) return met(requirement, "accepted");
      if ([401, 403].includes(response.status)) {
        return unmet(requirement, `refused: ${response.status}`, remedy);
      }
      return unknown(requirement, `${name} answers ${response.status}`);
    });
  }))).flat();
}

function get(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
