import { Hono } from "hono";
import { z } from "zod";
import type { LlamaParseControl } from "./faults.ts";
import type { Files } from "./file_routes.ts";
import { expandedAnswer, jobAnswer, RESULT_KINDS, resultFile } from "./job_answers.ts";
import type { Job, Jobs } from "./jobs.ts";
import { parseConfiguration } from "./parse_configuration.ts";
import { ApiError, parseJsonField, validate } from "./requests.ts";
import type { UploadRate } from "./upload_rate.ts";

interface Parts {
  control: LlamaParseControl;
  jobs: Jobs;
  files: Files;
  uploadRate: UploadRate;
}

/** API v2, below `/api/v2/parse`. */
export function parseRoutes({ control, jobs, files, uploadRate }: Parts): Hono {
  const app = new Hono();

  app.post("/upload", control.route("create"), async (context) => {
    uploadRate.take();
    const form = await context.req.formData();
    const file = form.get("file");
    const configuration = validate(
      parseConfiguration,
      parseJsonField("configuration", form.get("configuration")),
    );
    if (!(file instanceof File)) {
      throw new ApiError(422, [{
        type: "missing",
        loc: ["body", "file"],
        msg: "Field required",
      }]);
    }
    if (file.size === 0) throw new ApiError(400, "The file is empty");
    const job = jobs.submit(
      file.name,
      new Uint8Array(await file.arrayBuffer()),
      configuration,
    );
    control.describe(context, describe(job, file.size));
    return context.json(jobAnswer(job));
  });

  app.post("/", control.route("create"), async (context) => {
    const configuration = validate(
      parseConfiguration,
      await context.req.json().catch(() => null),
    );
    const { file_id, source_url } = configuration;
    if (Boolean(file_id) === Boolean(source_url)) {
      throw new ApiError(400, "Give exactly one of file_id and source_url");
    }
    if (source_url) {
      throw new ApiError(
        400,
        "The simulator downloads nothing: upload the bytes instead",
      );
    }
    const file = files.find(file_id!);
    const job = jobs.submit(file.name, file.bytes, configuration);
    control.describe(context, describe(job, file.bytes.length));
    return context.json(jobAnswer(job));
  });

  app.get("/versions", control.route("versions"), (context) =>
    context.json({
      agentic: ["2026-09-07"],
      agentic_plus: ["2026-08-19"],
      cost_effective: ["2026-08-19"],
      fast: ["2026-06-15"],
      latest: {
        agentic: "2026-09-07",
        agentic_plus: "2026-08-19",
        cost_effective: "2026-08-19",
        fast: "2026-06-15",
      },
    }));

  app.get("/", control.route("list"), (context) => {
    const query = validate(listQuery, {
      ...context.req.query(),
      job_ids: context.req.queries("job_ids"),
    });
    const matching = jobs.all().filter((job) =>
      (!query.status || job.status === query.status) &&
      (!query.job_ids || query.job_ids.includes(job.id)) &&
      (!query.created_at_on_or_after ||
        job.createdAt >= query.created_at_on_or_after) &&
      (!query.created_at_on_or_before ||
        job.createdAt <= query.created_at_on_or_before)
    );
    return context.json(page(matching, query.page_size, query.page_token));
  });

  app.get("/:id", control.route("get"), (context) => {
    const job = jobs.find(context.req.param("id"));
    control.describe(context, { job_id: job.id, job_status: job.status });
    const expand = context.req.queries("expand") ?? [];
    const origin = new URL(context.req.url).origin;
    return context.json(
      expandedAnswer(
        job,
        expand.flatMap((names) => names.split(",")),
        (kind) => `${origin}/results/${job.id}/${kind}`,
      ),
    );
  });

  app.post("/:id/cancel", control.route("cancel"), (context) => {
    const job = jobs.cancel(context.req.param("id"));
    control.describe(context, { job_id: job.id });
    return context.json(jobAnswer(job));
  });

  app.delete("/:id", control.route("delete"), (context) => {
    const job = jobs.delete(context.req.param("id"));
    control.describe(context, { job_id: job.id });
    const { id, project_id } = jobAnswer(job);
    return context.json({ id, project_id });
  });

  return app;
}

/** Where presigned URLs lead: the unguessable job id is the key, as a signature is in the real one. */
export function resultRoutes(jobs: Jobs, control: LlamaParseControl): Hono {
  const app = new Hono();
  app.get("/:id/:kind", control.route("results"), (context) => {
    const kind = RESULT_KINDS.find((name) => name === context.req.param("kind"));
    const job = jobs.find(context.req.param("id"));
    if (!kind || job.status !== "COMPLETED") {
      throw new ApiError(404, "Result not found");
    }
    const type = kind === "markdown" ? "text/markdown" : "text/plain";
    return new Response(resultFile(job, kind).slice(), {
      headers: { "content-type": `${type}; charset=utf-8` },
    });
  });
  return app;
}

const listQuery = z.object({
  status: z.enum(["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"])
    .optional(),
  job_ids: z.array(z.string()).optional(),
  created_at_on_or_after: z.coerce.date().optional(),
  created_at_on_or_before: z.coerce.date().optional(),
  page_size: z.coerce.number().int().min(1).max(1000).default(50),
  page_token: z.string().optional(),
});

/** One page of the list; the token is the id of the page's last job. */
function page(matching: Job[], size: number, token?: string) {
  const after = token ? matching.findIndex((job) => job.id === token) : -1;
  if (token && after < 0) throw new ApiError(400, "Invalid page_token");
  const shown = matching.slice(after + 1, after + 1 + size);
  const more = after + 1 + size < matching.length;
  return {
    items: shown.map((job) => jobAnswer(job)),
    next_page_token: more ? shown.at(-1)!.id : null,
    total_size: matching.length,
  };
}

/** The options of the parse, without the webhooks' endpoints and secrets. */
function optionsOf({ configuration }: Job) {
  const { webhook_configurations: _, user_metadata: __, ...options } = configuration;
  return options;
}

/** What the request log says of a submission. */
function describe(job: Job, bytes: number): Record<string, unknown> {
  return {
    job_id: job.id,
    name: job.name,
    bytes,
    tier: job.configuration.tier,
    user_metadata: job.configuration.user_metadata ?? null,
    options: optionsOf(job),
  };
}
