import { Hono } from "hono";
import { z } from "zod";
import type { LlamaParseControl } from "./faults.ts";
import { credits, type Job, type Jobs, markdownOf } from "./jobs.ts";
import { webhookConfiguration } from "./parse_configuration.ts";
import { ApiError, parseJsonField, validate } from "./requests.ts";
import type { UploadRate } from "./upload_rate.ts";

/** The older API, below `/api/v1/parsing`. */
export function v1Routes(
  jobs: Jobs,
  control: LlamaParseControl,
  uploadRate: UploadRate,
): Hono {
  const app = new Hono();

  app.post("/upload", control.route("v1_upload"), async (context) => {
    uploadRate.take();
    const form = await context.req.formData();
    const file = form.get("file");
    if (!(file instanceof File) || file.size === 0) {
      throw new ApiError(400, "Either file or input_url must be provided");
    }
    const configurations = form.get("webhook_configurations");
    const url = form.get("webhook_url");
    const job = jobs.submit(
      file.name,
      new Uint8Array(await file.arrayBuffer()),
      {
        tier: "cost_effective",
        version: "latest",
        webhook_configurations: configurations
          ? validate(
            z.array(webhookConfiguration),
            parseJsonField("webhook_configurations", configurations),
          )
          : [],
      },
      url ? validate(z.url(), url) : undefined,
    );
    control.describe(context, { job_id: job.id, bytes: file.size });
    return context.json({ id: job.id, status: "PENDING" });
  });

  app.get("/job/:id", control.route("v1_job"), (context) => {
    const job = jobs.find(context.req.param("id"));
    return context.json({
      id: job.id,
      status: v1Status(job),
      error_code: job.errorCode,
      error_message: job.errorMessage,
    });
  });

  app.get("/job/:id/result/markdown", control.route("v1_result"), (context) => {
    const job = jobs.find(context.req.param("id"));
    if (job.status !== "COMPLETED") throw new ApiError(404, "Result not found");
    return context.json({
      markdown: markdownOf(job),
      job_metadata: {
        job_pages: job.pages.length,
        job_credits_usage: credits(job),
        job_is_cache_hit: false,
      },
    });
  });

  return app;
}

function v1Status(job: Job): string {
  switch (job.status) {
    case "PENDING":
    case "RUNNING":
      return "PENDING";
    case "COMPLETED":
      return job.pages.every((page) => page.success) ? "SUCCESS" : "PARTIAL_SUCCESS";
    case "FAILED":
      return "ERROR";
    case "CANCELLED":
      return "CANCELLED";
  }
}
