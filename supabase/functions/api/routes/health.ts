import { Hono } from "hono";
import type { AppContext, AppEnv } from "../../_shared/app_context.ts";
import { BUILD } from "../../_shared/build.ts";
import { retryAfterHeader } from "../../_shared/error_answer.ts";
import { hasSecret } from "../../_shared/shared_secret.ts";
import type { ApiDeps } from "../deps.ts";
import { describe } from "../openapi/operation.ts";
import * as operations from "../openapi/service_operations.ts";
import type { Health } from "../queries.ts";

/** The time-out of a part's check. */
const CHECK_TIMEOUT_MS = 2_000;

/** When to check again after 503. */
const RETRY_AFTER_SECONDS = 5;

/** A message that has waited longer shows that the workers are behind. */
const OLD_MESSAGE_SECONDS = 300;

type Part =
  & { status: "ok" | "degraded" | "unavailable"; latency_ms?: number }
  & Partial<Health>;

/** How long a part's result is reused, in milliseconds: anyone may call this route, and the parts must not notice. */
const CACHED_FOR_MS = { database: 1_000, storage: 5_000 };

/**
 * Ready: whether the API can serve, part by part: 200 if it can (degraded or not), 503 if not. Alive: whether this
 * function runs, independent of the parts, which a restart would not repair. Only callers with METRICS_SECRET see the
 * length of the queues.
 */
export function healthRoutes(
  { queries, storage, version, metricsSecrets }: Pick<
    ApiDeps,
    "queries" | "storage" | "version" | "metricsSecrets"
  >,
): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  const isOperator = hasSecret(metricsSecrets);
  const checkDatabase = cached(
    CACHED_FOR_MS.database,
    (c: AppContext) => check(c, "database", () => queries.health(CHECK_TIMEOUT_MS)),
  );
  const checkStorage = cached(
    CACHED_FOR_MS.storage,
    (c: AppContext) => check(c, "storage", () => storage.check()),
  );

  routes.get("/health/live", describe(operations.alive), (c) => {
    return c.json({ status: "alive", version, build: BUILD });
  });

  routes.get("/health", describe(operations.health), async (c) => {
    const [database, files] = await Promise.all([
      checkDatabase(c),
      checkStorage(c),
    ]);
    const parts: Record<string, Part> = {
      database: database.part,
      storage: files.part,
      ...(database.found && {
        queue: queuePart(database.found, isOperator(c)),
        providers: providersPart(database.found),
      }),
    };
    const about = {
      version,
      build: BUILD,
      migration: database.found?.migration ?? null,
      parts,
    };
    const down = namesOf(parts, "unavailable");
    if (down.length > 0) {
      const error = {
        code: "unhealthy",
        message: `Unavailable: ${down.join(", ")}.`,
        request_id: c.var.requestId,
      };
      return c.json(
        { status: "unavailable", ...about, error },
        503,
        retryAfterHeader(RETRY_AFTER_SECONDS),
      );
    }
    const behind = namesOf(parts, "degraded");
    return c.json({ status: behind.length > 0 ? "degraded" : "ok", ...about });
  });

  return routes;
}

/** The same result for all calls until it expires; the next call then checks again. */
function cached<A, T>(
  milliseconds: number,
  ask: (argument: A) => Promise<T>,
): (argument: A) => Promise<T> {
  let answer: Promise<T> | undefined;
  let askedAt = 0;
  return (argument) => {
    const now = performance.now();
    if (!answer || now - askedAt >= milliseconds) {
      answer = ask(argument);
      askedAt = now;
    }
    return answer;
  };
}

function namesOf(parts: Record<string, Part>, status: Part["status"]) {
  return Object.keys(parts).filter((name) => parts[name].status === status);
}

function queuePart(found: Health, isDetailed: boolean): Part {
  const { oldest_message_seconds, waiting_messages, dead_letter_jobs } = found;
  return {
    status: (oldest_message_seconds ?? 0) > OLD_MESSAGE_SECONDS ? "degraded" : "ok",
    ...isDetailed &&
      { oldest_message_seconds, waiting_messages, dead_letter_jobs },
  };
}

/** A provider whose circuit is open delays processing, not the API. */
function providersPart({ open_circuits }: Health): Part {
  return {
    status: open_circuits.length > 0 ? "degraded" : "ok",
    open_circuits,
  };
}

/** Runs a check with a time-out. The reason of a failure is logged; callers learn only that it failed. */
async function check<T>(
  c: AppContext,
  name: string,
  run: () => Promise<T>,
): Promise<{ part: Part; found?: T }> {
  const started = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`));
    }, CHECK_TIMEOUT_MS);
  });
  const answered = run();
  // A failure after the time-out has already been reported; it must not surface as unhandled.
  answered.catch(() => {});
  try {
    const found = await Promise.race([answered, timeout]);
    const latency_ms = Math.round(performance.now() - started);
    return { part: { status: "ok", latency_ms }, found };
  } catch (error) {
    c.var.log.error("health check failed", { part: name, error });
    return { part: { status: "unavailable" } };
  } finally {
    clearTimeout(timer);
  }
}
