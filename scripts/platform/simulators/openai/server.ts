import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { portArgument, serveOnLoopback, type Simulator } from "../simulator.ts";
import { OpenAiError } from "./embedding_request.ts";
import { MODEL } from "./embedding_request.ts";
import { embeddingsRoute } from "./embeddings_route.ts";
import { createOpenAiControl } from "./faults.ts";
import { RateLimit } from "./rate_limit.ts";
import { print, printTrace } from "../../../dev/terminal/print.ts";

export interface OpenAiOptions {
  /** 0 (the default) for any free port. */
  port?: number;
  /** The only key that is accepted; without it, any key is. */
  apiKey?: string;
  /** Beyond these, 429 with `retry-after`. */
  requestsPerMinute?: number;
  tokensPerMinute?: number;
}

/** Starts an OpenAI on this machine that knows one route: embeddings, made by a lexical stand-in for the model. */
export function startOpenAi(options: OpenAiOptions = {}): Promise<Simulator> {
  const control = createOpenAiControl();
  const ended = new AbortController();
  const rateLimit = new RateLimit(
    options.requestsPerMinute ?? 5_000,
    options.tokensPerMinute ?? 5_000_000,
  );

  const app = new Hono();
  app.onError((error, context) => {
    if (error instanceof OpenAiError) {
      return context.json(error.body(), error.status, error.headers);
    }
    printTrace(error);
    const defect = new OpenAiError(500, String(error), {
      type: "server_error",
    });
    return context.json(defect.body(), 500);
  });
  app.notFound((context) => {
    const { method, path } = context.req;
    const error = new OpenAiError(404, `Invalid URL (${method} ${path})`);
    return context.json(error.body(), 404);
  });
  app.use("/v1/*", async (context, next) => {
    checkKey(context.req.header("authorization"), options.apiKey);
    await next();
    context.header("x-request-id", `req_${randomUUID().replaceAll("-", "")}`);
  });
  app.route(
    "/v1/embeddings",
    embeddingsRoute(control, rateLimit, ended.signal),
  );
  app.get(
    `/v1/models/${MODEL}`,
    control.route("model"),
    (context) =>
      context.json({
        id: MODEL,
        object: "model",
        created: 1_705_948_997,
        owned_by: "system",
      }),
  );
  app.route("/_control", control.routes());

  return serveOnLoopback(app, options.port ?? 0, () => {
    ended.abort();
    control.release();
  });
}

/** Throws `OpenAiError` 401. */
function checkKey(header: string | undefined, expected?: string): void {
  const [, key] = /^Bearer (\S+)$/.exec(header ?? "") ?? [];
  if (!key) {
    throw new OpenAiError(401, "You didn't provide an API key.");
  }
  if (expected && key !== expected) {
    throw new OpenAiError(
      401,
      `Incorrect API key provided: ${key.slice(0, 3)}***.`,
      { code: "invalid_api_key" },
    );
  }
}

if (import.meta.main) {
  const simulator = await startOpenAi({ port: portArgument(Deno.args) });
  print(`OpenAI simulator: OPENAI_API_URL=${simulator.url}/v1`);
}
