import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { methodNotAllowed } from "hono/method-not-allowed";
import { matchedRoutes } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import { validator } from "hono-openapi";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ZodType } from "zod";
import {
  bodyDeadline,
  type BodyDeadlines,
  SMALL_BODY,
} from "./body_deadline.ts";
import { BUILD } from "./build.ts";
import { type AddressHeader, clientAddress } from "./client_address.ts";
import type { ConfigError } from "./config.ts";
import type { Claims } from "./database.ts";
import { HttpError, ProviderError } from "./errors.ts";
import { fields, unknownFields } from "./fields.ts";
import type { Fields, Logger } from "./log.ts";
import type { RequestMeter } from "./request_meter.ts";

/** What handlers find in their context. */
export interface AppEnv {
  Variables: {
    /** Correlates the answer, the logs and the events of one request. */
    requestId: string;
    /** That the request came from; see `clientAddress`. */
    address: string;
    /** Adds the request id to each line. */
    log: Logger;
    /** Of the error that the request is answered with, if it is one. */
    code?: string;
    /** What the request's line in the log tells beyond what all of them do. */
    particulars?: Fields;
    /** The signed-in user; present behind `requireUser`. */
    claims: Claims;
    /** Counts the user's request, or refuses it; set by apps that limit requests (`countRequests`). */
    admit?: (claims: Claims) => Promise<void>;
    /** The request was counted (`admit`). */
    counted?: boolean;
  };
}

/** The headers of answers, beyond the common ones, that pages of other origins may read. */
const EXPOSED_HEADERS = [
  "x-request-id",
  "retry-after",
  "ratelimit-limit",
  "ratelimit-remaining",
  "ratelimit-reset",
  "idempotency-replayed",
];

export type App = Hono<AppEnv>;
export type AppContext = Context<AppEnv>;

/**
 * A Hono app with what every function does alike: request id, one log line a request, CORS, security headers, and
 * errors in the one shape `{error: {code, message, request_id, details?}}`. Routes name their full paths
 * (`/api/health`): the platform passes the function's name on.
 * @param service the function's name, for people who ask it for what it does not have
 * @param corsOrigins the origins whose pages may read the answers; all of them if left out
 * @param addressHeader tells where requests came from
 * @param meter counts the requests, if there is one
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
    // For pages, which the platform serves none of: they would only make each answer longer.
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
      return errorAnswer(c, 405, "method_not_allowed", message, {
        headers: { allow: allowed },
      });
    },
  }));

  app.notFound((c) =>
    errorAnswer(
      c,
      404,
      "not_found",
      `The ${service} function has nothing at ${c.req.path}.`,
    )
  );
  app.onError(answerError);
  return app;
}

/** The app of a function whose environment is at fault: it says so on every route, and in the log once. */
export function createUnconfiguredApp(
  service: string,
  { logger, fault }: { logger: Logger; fault: ConfigError },
): App {
  logger.error("not configured", { fault: fault.message });
  const app = createApp(service, { logger });
  app.all("*", () => {
    throw new HttpError(503, "not_configured", fault.message);
  });
  return app;
}

/** Answers 413 before more than 64 KiB of a JSON body are read. */
export function limitJsonBody(): MiddlewareHandler<AppEnv> {
  return bodyLimit({
    maxSize: SMALL_BODY,
    onError: () => {
      throw new HttpError(
        413,
        "body_too_large",
        `The JSON body exceeds ${SMALL_BODY} bytes.`,
      );
    },
  });
}

/** Validates the JSON body; `c.req.valid("json")` is its output. 400 `invalid_json`, 415 or 422 `validation_failed`. */
export function jsonBody<T extends ZodType>(schema: T) {
  return validator("json", schema, async (result, c) => {
    // What says that it is something else was not read, and must not be taken for no field at all.
    if (!isJson(c) && !(result.success && await isBlank(c.req))) {
      throw new HttpError(
        415,
        "unsupported_media_type",
        "Send the body as application/json.",
      );
    }
    if (!result.success) throw validationFailed({ issues: result.error });
  });
}

function isJson(c: Context): boolean {
  const [type] = (c.req.header("content-type") ?? "").split(";");
  return /^application\/([\w.-]+\+)?json$/i.test(type.trim());
}

async function isBlank(request: { text(): Promise<string> }): Promise<boolean> {
  return (await request.text()).trim() === "";
}

/** For a route without fields, to which most callers send no body: one with anything in it is a 422 that names that. */
export function noFields(): MiddlewareHandler<AppEnv> {
  const refusal = { issues: [{ message: "takes no body; leave it out" }] };
  return async (c, next) => {
    await bodyLimit({
      maxSize: SMALL_BODY,
      onError: () => {
        throw validationFailed(refusal);
      },
    })(c, async () => {
      if (await isBlank(c.req)) return;
      const body = await c.req.json().catch(() => {
        throw validationFailed(refusal);
      });
      const parsed = fields({}).safeParse(body);
      if (!parsed.success) throw validationFailed(parsed.error);
    });
    await next();
  };
}

/** Validates the path's parameters; 422 `validation_failed`. */
export function pathParams<T extends ZodType>(schema: T) {
  return validator("param", schema, (result) => {
    if (!result.success) throw validationFailed({ issues: result.error });
  });
}

/** What is wrong, and where, as zod and other libraries say it (https://standardschema.dev). */
interface Issue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[];
  /** Of fields that nobody knows, as zod tells of them: all in one. */
  code?: string;
  keys?: readonly string[];
}

/** More unknown fields than this are not named. */
const MOST_UNKNOWN = 20;

/** A 422 that names each field and what is wrong with it, never what was sent. */
export function validationFailed(
  error: { issues: readonly Issue[] },
): HttpError {
  const details = error.issues.flatMap(({ path = [], message, code, keys }) => {
    const within = path.map((part) =>
      typeof part === "object" ? part.key : part
    );
    return code === "unrecognized_keys" && keys
      ? unknownFields(keys.slice(0, MOST_UNKNOWN), within)
      : [{ path: within, message }];
  }).map(({ path, message }) => ({ path: path.join("."), message }));
  const summary = details.map(({ path, message }) =>
    path ? `${path}: ${message}` : message
  ).join("; ");
  return new HttpError(422, "validation_failed", summary, { details });
}

/** Takes over the caller's request id if it is fit for logs and headers, else gives it one. */
function identify(
  logger: Logger,
  addressHeader: AddressHeader,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const offered = c.req.header("x-request-id");
    const requestId = offered && /^[\w.:=-]{1,128}$/.test(offered)
      ? offered
      : crypto.randomUUID();
    c.set("requestId", requestId);
    c.set("address", clientAddress(c.req.raw, addressHeader));
    c.set("log", logger.with({ request_id: requestId }));
    c.header("x-request-id", requestId);
    if (BUILD) c.header("x-pipeline-build", BUILD);
    await next();
  };
}

/**
 * One line a request, and one more in the counters. The route's pattern, not its path: paths carry ids, and callers may
 * put anything there.
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
    // Once the answer is on its way: it does not wait for the log.
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
 * Hono's CORS, but with its headers put on the answer itself. Put on the empty one that stands before it, they would have
 * every answer copied into another.
 */
function allowOrigins(origin: string | string[]): MiddlewareHandler<AppEnv> {
  const allow = cors({ origin, exposeHeaders: EXPOSED_HEADERS });
  return async (c, next) => {
    if (c.req.method === "OPTIONS") return await allow(c, next);
    await next();
    await allow(c, async () => {});
  };
}

/** Answers are private to their caller and change by the second. */
async function neverStore(c: AppContext, next: () => Promise<void>) {
  await next();
  // Not `c.header`, which would copy an answer that is made into another.
  const { headers } = c.res;
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
}

function answerError(error: Error, c: AppContext): Response {
  const known = asHttpError(error);
  if (!known) {
    c.var.log.error("unexpected error", { code: "internal_error", error });
    const message = "Something went wrong on our side.";
    return errorAnswer(c, 500, "internal_error", message);
  }
  if (known.status >= 500) {
    c.var.log.error(known.message, {
      code: known.code,
      cause: known.options.cause,
    });
  }
  return errorAnswer(c, known.status, known.code, known.message, known.options);
}

/** The errors that callers are meant to see; anything else is a defect and null. */
export function asHttpError(error: Error): HttpError | null {
  if (error instanceof HttpError) return error;
  if (error instanceof ProviderError) {
    const { retryAfter = 5 } = error.options;
    return new HttpError(
      503,
      error.code.toLowerCase(),
      "A service that this needs does not answer just now. Try again soon.",
      { cause: error, headers: retryAfterHeader(retryAfter) },
    );
  }
  if (isDatabaseUnavailable(error)) {
    return new HttpError(
      503,
      "database_unavailable",
      "The database does not answer just now. Try again soon.",
      { cause: error, headers: retryAfterHeader(5) },
    );
  }
  if (isAccountGone(error)) {
    return new HttpError(
      401,
      "unauthorized",
      "The account that this token belongs to is gone.",
      { cause: error },
    );
  }
  // Hono's validator throws this, with no code of its own, for a JSON body that does not parse.
  if (error instanceof HTTPException && error.status === 400) {
    return new HttpError(400, "invalid_json", "The body is not valid JSON.");
  }
  return null;
}

/** `Retry-After` in whole seconds, never 0. */
export function retryAfterHeader(seconds: number): { "retry-after": string } {
  return { "retry-after": String(Math.max(1, Math.ceil(seconds))) };
}

/**
 * Whether the database could not be reached or could not serve, as against a statement that is wrong: a connection
 * fault of the driver or the system, or SQLSTATE class 08 (connection), 53 (resources) or 57 (operator intervention).
 * https://www.postgresql.org/docs/17/errcodes-appendix.html
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const code = String(error.code);
  if (error.name === "PostgresError") return /^(08|53|57)/.test(code);
  return /^(POOL_EXHAUSTED|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)$/
    .test(code);
}

/**
 * A token outlives its account by up to an hour. It is refused as soon as the request is counted
 * (`pipeline_internal.require_account`); and what a request that was counted before would write has nobody to belong to.
 */
function isAccountGone(error: Error): boolean {
  if (error.name !== "PostgresError" || !("code" in error)) return false;
  if (error.code === "PT401") return true;
  return error.code === "23503" && "constraint_name" in error &&
    /_user_id_fkey$/.test(String(error.constraint_name));
}

function errorAnswer(
  c: AppContext,
  status: number,
  code: string,
  message: string,
  { details, extra, headers }: HttpError["options"] = {},
): Response {
  c.set("code", code);
  const error = { code, message, request_id: c.get("requestId"), details };
  return c.json({ ...extra, error }, status as ContentfulStatusCode, headers);
}
