import { Hono } from "hono";
import { portArgument, serveOnLoopback, type Simulator } from "../simulator.ts";
import { createLlamaParseControl } from "./faults.ts";
import { fileRoutes, Files } from "./file_routes.ts";
import { Jobs } from "./jobs.ts";
import { parseRoutes, resultRoutes } from "./parse_routes.ts";
import { ApiError } from "./requests.ts";
import { UploadRate } from "./upload_rate.ts";
import { v1Routes } from "./v1_routes.ts";
import { Webhooks } from "./webhooks.ts";
import { print, printTrace } from "../../../dev/terminal/print.ts";

export interface LlamaParseOptions {
  /** 0 (the default) for any free port. */
  port?: number;
  /** The only key that is accepted; without it, any key is. */
  apiKey?: string;
  /** How long a job waits before it begins, in milliseconds. */
  pendingMs?: number;
  /** How long a job runs at least, in milliseconds. */
  runningMs?: number;
  /** Pauses before a webhook's second and third attempt, in milliseconds. */
  webhookBackoffMs?: [number, number];
  /** LlamaCloud refuses larger files; in bytes. */
  maxBytes?: number;
  /** Documents with more pages fail with `TOO_MANY_PAGES`. */
  maxPages?: number;
  /** Uploads in any ten seconds before 429. */
  uploadsPerTenSeconds?: number;
}

/** Starts a LlamaParse on this machine: the API of api.cloud.llamaindex.ai, with a parser that really parses. */
export function startLlamaParse(
  options: LlamaParseOptions = {},
): Promise<Simulator> {
  const control = createLlamaParseControl();
  const ended = new AbortController();
  const webhooks = new Webhooks(control, {
    backoffMs: options.webhookBackoffMs ?? [1_000, 2_000],
    timeoutMs: 30_000,
  }, ended.signal);
  const jobs = new Jobs(
    control,
    webhooks,
    {
      pendingMs: options.pendingMs ?? 100,
      runningMs: options.runningMs ?? 200,
    },
    { bytes: options.maxBytes ?? 512e6, pages: options.maxPages ?? 1_000 },
    ended.signal,
  );
  control.onReset = () => jobs.forgetGivenAnswers();
  const files = new Files();
  const uploadRate = new UploadRate(options.uploadsPerTenSeconds ?? 50);

  const app = new Hono();
  app.onError((error, context) => {
    if (error instanceof ApiError) {
      return context.json({ detail: error.detail }, error.status);
    }
    printTrace(error);
    return context.json({ detail: "Internal Server Error" }, 500);
  });
  app.notFound((context) => context.json({ detail: "Not Found" }, 404));
  app.use("/api/*", async (context, next) => {
    const [, key] = /^Bearer (\S+)$/.exec(
      context.req.header("authorization") ?? "",
    ) ?? [];
    if (!key || (options.apiKey && key !== options.apiKey)) {
      throw new ApiError(401, "Invalid API Key");
    }
    await next();
  });
  app.route("/api/v2/parse", parseRoutes({ control, jobs, files, uploadRate }));
  app.route("/api/v1/beta/files", fileRoutes(files, control, uploadRate));
  app.route("/api/v1/parsing", v1Routes(jobs, control, uploadRate));
  app.route("/results", resultRoutes(jobs, control));
  app.route("/_control", control.routes());

  return serveOnLoopback(app, options.port ?? 0, () => {
    ended.abort();
    control.release();
  });
}

if (import.meta.main) {
  const simulator = await startLlamaParse({ port: portArgument(Deno.args) });
  print(`LlamaParse simulator: LLAMAPARSE_API_URL=${simulator.url}`);
}
