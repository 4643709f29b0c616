import { Hono } from "hono";
import { z } from "zod";
import type { AppEnv } from "../../_shared/app_context.ts";
import { originOf } from "../../_shared/audit.ts";
import { HttpError } from "../../_shared/errors.ts";
import { noFields, pathParams } from "../../_shared/validation.ts";
import type { jobAnswer } from "../answers.ts";
import { requireUser } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import * as operations from "../openapi/job_operations.ts";
import { describe } from "../openapi/operation.ts";
import type { Job } from "../queries.ts";
import { pageSize, queryFields, queryParams, wholeNumber } from "../query_params.ts";
import { errorForUser, STATES } from "../vocabulary.ts";
import { budgetSpent, dailyLimit, documentRefused } from "./upload_registration.ts";

const jobParams = z.object({ job_id: z.guid() });
const listParams = queryFields({
  state: z.enum(STATES).optional(),
  limit: pageSize,
  offset: wholeNumber(0, 1_000_000).default(0),
});

/** The jobs that carry the user's documents through the pipeline. */
export function jobRoutes(
  { queries, authenticate }: Pick<ApiDeps, "queries" | "authenticate">,
): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.get(
    "/jobs",
    describe(operations.listJobs),
    requireUser(authenticate),
    queryParams(listParams),
    async (c) => {
      const { state, limit, offset } = c.req.valid("query");
      const { jobs, total } = await queries.jobs(c.var.claims, {
        state: state ?? null,
        limit,
        offset,
      });
      return c.json({ jobs: jobs.map(toAnswer), total });
    },
  );

  routes.get(
    "/jobs/:job_id",
    describe(operations.getJob),
    requireUser(authenticate),
    pathParams(jobParams),
    async (c) => {
      const { job_id } = c.req.valid("param");
      const job = await queries.job(c.var.claims, job_id);
      if (!job) throw jobNotFound();
      return c.json(toAnswer(job));
    },
  );

  routes.post(
    "/jobs/:job_id/retry",
    describe(operations.retryJob),
    requireUser(authenticate),
    pathParams(jobParams),
    noFields(),
    async (c) => {
      const { job_id } = c.req.valid("param");
      const { sub } = c.var.claims;
      const retried = await queries.retryJob(sub, job_id, originOf(c));
      if (retried.outcome === "unknown") throw jobNotFound();
      const job = await queries.job(c.var.claims, job_id);
      if (!job) throw jobNotFound();
      switch (retried.outcome) {
        case "retried":
          return c.json(toAnswer(job), 202);
        case "not_retryable":
          throw new HttpError("not_retryable");
        case "refused":
          throw documentRefused(job.document_id, job_id, retried.reason);
        case "daily_limit":
          throw dailyLimit(retried);
        case "budget_spent":
          throw budgetSpent(retried);
      }
    },
  );

  return routes;
}

/** The same for a job that does not exist and one of another user. */
function jobNotFound(): HttpError {
  return new HttpError("job_not_found");
}

function toAnswer(job: Job): z.input<typeof jobAnswer> {
  return {
    job_id: job.job_id,
    status: job.status,
    state: job.state,
    retry_count: job.retry_count,
    progress: { stage_pct: job.stage_pct, total_pct: job.total_pct },
    cost_cents: job.cost_cents,
    document_id: job.document_id,
    last_error: job.last_error && errorForUser(job.last_error),
    warnings: job.warnings,
    updated_at: job.updated_at,
  };
}
