import { Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { matchedRoutes } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import type { App, AppContext, AppEnv } from "./app_context.ts";
import { bodyDeadline, type BodyDeadlines } from "./body_deadline.ts";
import { BUILD } from "./build.ts";
import { type AddressHeader, clientAddress } from "./client_address.ts";
import type { ConfigError } from "./config.ts";
import { answerError, errorAnswer } from "./error_answer.ts";
import { HttpError } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { RequestMeter } from "./request_meter.ts";

/** Response headers, beyond the common ones, that pages of other origins may read. */
const EXPOSED_HEADERS = [
  "x-request-id",
  "retry-after",
  "ratelimit-limit",
  "ratelimit-remaining",
  "ratelimit-reset",
  "idempotency-replayed",
];

/**
 * A Hono app with what every function has in common: request id, one log line per request, CORS, security headers, and
 * errors in one shape, `{error: {code, message, request_id, details?}}`. Routes name their full paths (`/api/health`),
 * because the platform passes the function's name on.
 * @param service the function's name, for error messages
 * @param corsOrigins the origins whose pages may read the responses; all of them if omitted
 * @param addressHeader the header that holds the caller's address
 * @param meter counts the requests, if given
 * @param bodyDeadlines milliseconds in which bodies must have arrived
 */
export function createApp(
  service: string,
  { logger, corsOrigins, addressHeader, meter, bodyDeadlines }: {
    logger: Logger;
    addressHeader?: AddressHeader;
    corsOrigins?: string[];
    meter?: RequestMeter;
    bodyDeadlines?: BodyDeadlines;
  },
): App {
  const app: App = new Hono();

  app.use(identify(logger, addressHeader ?? "x-forwarded-for"));
  app.use(recordRequest(meter));
  app.use(secureHeaders({
    crossOriginResourcePolicy: "cross-origin",
    // These headers protect pages, and the functions serve none.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  }));
  app.use(allowOrigins(corsOrigins ?? "*"));
  app.use(neverStore);
  app.use(bodyDeadline(bodyDeadlines));
  app.use(methodNotAllowed({
    app,
    onMethodNotAllowed: (c: AppContext, methods) => {
      const allowed = methods.join(", ");
      const message = `${c.req.path} answers ${allowed}, not ${c.req.method}.`;
      return errorAnswer(
        c,
        new HttpError("method_not_allowed", {
          message,
          headers: { allow: allowed },
        }),
      );
    },
  }));

  app.notFound((c) =>
    errorAnswer(
      c,
      new HttpError("not_found", {
        message: `The ${service} function has nothing at ${c.req.path}.`,
      }),
    )
  );
  app.onError(answerError);
  return app;
}

/**
 * The app of a function whose environment is invalid: every route answers 503 with the reason, which is logged once.
 */
export function createUnconfiguredApp(
  service: string,
  { logger, fault }: { logger: Logger; fault: ConfigError },
): App {
  logger.error("not configured", { fault: fault.message });
  const app = createApp(service, { logger });
  app.all("*", () => {
    throw new HttpError("not_configured", { message: fault.message });
  });
  return app;
}

/** Accepts the caller's request id if it is fit for logs and headers, else creates one. */
function identify(
  logger: Logger,
  addressHeader: AddressHeader,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const offered = c.req.header("x-request-id");
    const requestId = offered && /^[\w.:=-]{1,128}$/.test(offered) ? offered : crypto.randomUUID();
    c.set("requestId", requestId);
    c.set("address", clientAddress(c.req.raw, addressHeader));
    c.set("log", logger.with({ request_id: requestId }));
    c.header("x-request-id", requestId);
    if (BUILD) c.header("x-pipeline-build", BUILD);
    await next();
  };
}

/**
 * Logs and counts each request. Both name the route's pattern, not the path: paths contain ids, and callers may put
 * anything there.
 */
function recordRequest(meter?: RequestMeter): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const started = performance.now();
    await next();
    const status = c.res.status;
    const { method } = c.req;
    const route = matchedRoutes(c).findLast(({ method }) => method !== "ALL")
      ?.path ?? null;
    const duration = performance.now() - started;
    // The log must not delay the response.
    setTimeout(() =>
      c.var.log[status >= 500 ? "error" : "info"]("request", {
        method,
        route,
        status,
        duration_ms: Math.round(duration),
        ...(c.get("code") && { code: c.get("code") }),
        ...(c.get("claims") && { user_id: c.var.claims.sub }),
        ...c.get("particulars"),
      })
    );
    meter?.count({
      route: route ?? "none",
      method: route ? method : "any",
      status,
      seconds: duration / 1000,
    });
  };
}

/**
 * Hono's CORS, applied to the response itself. Hono would set its headers on the empty response that precedes the real
 * one, and then copy every response.
 */
function allowOrigins(origin: string | string[]): MiddlewareHandler<AppEnv> {
  const allow = cors({ origin, exposeHeaders: EXPOSED_HEADERS });
  return async (c, next) => {
    if (c.req.method === "OPTIONS") return await allow(c, next);
    await next();
    await allow(c, async () => {});
  };
}

/** Responses are private to their caller and change by the second. */
async function neverStore(c: AppContext, next: () => Promise<void>) {
  await next();
  // Not `c.header`, which would copy a response that is complete.
  const { headers } = c.res;
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
}
