import type { Origin } from "../../_shared/audit.ts";
import { asUser, type Claims, type Sql } from "../../_shared/database.ts";
import type { State, Status, Warning } from "../vocabulary.ts";
import { asBudgetSpent, type FailureReason, type Registration } from "./uploads.ts";

export interface Job {
  job_id: string;
  document_id: string;
  status: Status;
  state: State;
  retry_count: number;
  stage_pct: number;
  total_pct: number;
  last_error: { code: string; message: string; reference?: string } | null;
  warnings: Warning[];
  updated_at: Date;
  /** What parsing and embedding cost so far, in US cents. */
  cost_cents: number;
}

export interface JobListing {
  state: string | null;
  limit: number;
  offset: number;
}

/**
 * `unknown`: there is no such job, or it is another user's; `refused`: it would fail again, because of the document.
 */
export type Retried =
  | { outcome: "retried" | "not_retryable" | "unknown" }
  | { outcome: "refused"; reason: FailureReason }
  | Extract<Registration, { outcome: "daily_limit" | "budget_spent" }>;

type JobRow = Omit<Job, "cost_cents">;

/** Null for a job that does not exist or belongs to another user. */
export async function job(
  sql: Sql,
  claims: Claims,
  jobId: string,
): Promise<Job | null> {
  const rows = await asUser(
    sql,
    claims,
    (tx) =>
      tx<JobRow[]>`
    select job_id, document_id, status, state, retry_count, stage_pct, total_pct, last_error, warnings, updated_at
    from upload_pipeline.document_status
    where job_id = ${jobId}::uuid`,
  );
  return (await withCosts(sql, rows))[0] ?? null;
}

/** The user's jobs, the newest first, and their number in all. */
export async function jobs(
  sql: Sql,
  claims: Claims,
  { state, limit, offset }: JobListing,
): Promise<{ jobs: Job[]; total: number }> {
  const { rows, total } = await asUser(sql, claims, async (tx) => {
    const inState = state === null ? tx`` : tx`where state = ${state}`;
    const rows = await tx<JobRow[]>`
      select job_id, document_id, status, state, retry_count, stage_pct, total_pct, last_error, warnings, updated_at
      from upload_pipeline.document_status ${inState}
      order by created_at desc, job_id
      limit ${limit} offset ${offset}`;
    const [{ total }] = await tx<{ total: string }[]>`
      select count(*) as total from upload_pipeline.upload_jobs ${inState}`;
    return { rows, total: Number(total) };
  });
  return { jobs: await withCosts(sql, rows), total };
}

/** Retries a job that waits for its next attempt or is in the dead letter. */
export async function retryJob(
  sql: Sql,
  userId: string,
  jobId: string,
  { requestId, network }: Origin,
): Promise<Retried> {
  const [row] = await sql`
    select * from pipeline_internal.retry_job(
      ${userId}::uuid, ${jobId}::uuid, ${requestId}::text, ${network}::cidr)`;
  switch (row.outcome) {
    case "retried":
    case "not_retryable":
    case "unknown":
      return { outcome: row.outcome };
    case "refused":
      return { outcome: "refused", reason: row.reason };
    default:
      return asBudgetSpent(row);
  }
}

/**
 * A job's cost is computed from tables that users cannot read; the queries before decided which jobs are the user's.
 */
async function withCosts(sql: Sql, rows: readonly JobRow[]): Promise<Job[]> {
  if (rows.length === 0) return [];
  const costs = await sql<{ job_id: string; cost_cents: string }[]>`
    select job_id, cost_cents
    from pipeline_internal.job_costs(${rows.map((row) => row.job_id)}::uuid[])`;
  const centsOf = new Map(
    costs.map(({ job_id, cost_cents }) => [job_id, Number(cost_cents)]),
  );
  return rows.map((row) => ({
    ...row,
    stage_pct: Number(row.stage_pct),
    total_pct: Number(row.total_pct),
    cost_cents: centsOf.get(row.job_id) ?? 0,
  }));
}
