import postgres from "postgres";
import { withBenchStack } from "../bench_stack.ts";
import { now } from "../clock.ts";
import { describeEnvironment, type Environment } from "../machine.ts";
import { median, percentile } from "../statistics.ts";
import { fillDatabase } from "./fill.ts";

/** The target for a view or a scrape of the metrics, in milliseconds. */
export const MOST_MS = 200;

export interface ViewTimes {
  name: string;
  rows: number;
  /** Milliseconds. */
  least: number;
  p50: number;
  p95: number;
}

/** The write cost of an index; microseconds per row. */
export interface WriteCost {
  index: string;
  what: string;
  with: number;
  without: number;
}

export interface ViewsResult {
  environment: Environment;
  jobs: number;
  rounds: number;
  views: ViewTimes[];
  writes: WriteCost[];
}

export interface ViewsBench {
  jobs: number;
  rounds: number;
  onProgress(step: string): void;
  /** Aborts the measurement. */
  signal: AbortSignal;
}

/** Times every monitoring view, and the metrics' samples, in a database with this many jobs. */
export function measureViews(
  { jobs, rounds, onProgress, signal }: ViewsBench,
): Promise<ViewsResult> {
  return withBenchStack({ onProgress, signal }, async (stack) => {
    const admin = postgres(stack.adminDatabaseUrl, { max: 1 });
    const sql = postgres(stack.databaseUrl, { max: 1 });
    try {
      const environment = await describeEnvironment(sql);
      // The generated jobs are only read; no worker may process them.
      await sql`select cron.alter_job(jobid, active => false) from cron.job`;
      onProgress(
        `Filling a database with ${jobs.toLocaleString("en-US")} jobs`,
      );
      await admin.begin((tx) => fillDatabase(tx, jobs));
      await admin`vacuum analyze`;
      onProgress("Timing the views");
      const views = await timeViews(sql, rounds);
      onProgress("Timing writes with and without the views' indexes");
      const writes = await measureWrites(sql);
      return { environment, jobs, rounds, views, writes };
    } finally {
      await admin.end({ timeout: 1 });
      await sql.end({ timeout: 1 });
    }
  });
}

/** Reads every row of each view, and of what the console reads, once to warm up and then repeatedly. */
export async function timeViews(
  sql: postgres.ISql,
  rounds: number,
): Promise<ViewTimes[]> {
  const reads = await consoleReads(sql);
  const names = await sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c
    where c.relnamespace = 'pipeline_monitoring'::regnamespace and c.relkind = 'v' order by 1`;
  const sources = [
    ...names.map(({ name }) => name),
    "pipeline_internal.metric_samples()",
    ...reads,
  ];
  const times: ViewTimes[] = [];
  for (const name of sources) {
    const samples: number[] = [];
    let rows = 0;
    for (let i = 0; i <= rounds; i++) {
      const begunAt = now();
      rows = (await sql.unsafe(`select * from ${name}`)).length;
      if (i > 0) samples.push(now() - begunAt);
    }
    times.push({
      name,
      rows,
      least: Math.min(...samples),
      p50: median(samples),
      p95: percentile(samples, 0.95),
    });
  }
  return times;
}

/**
 * The console's functions that read and need no argument, for an operator: the session has such a token from now on.
 * That of a pulse is read each second by every open page.
 */
async function consoleReads(sql: postgres.ISql): Promise<string[]> {
  const [{ id }] = await sql<{ id: string }[]>`
    insert into auth.users (id, email, aud, role, raw_app_meta_data)
    values (gen_random_uuid(), 'views@example.test', 'authenticated', 'authenticated', '{"pipeline_role": "viewer"}')
    returning id`;
  const claims = { sub: id, role: "authenticated", app_metadata: { pipeline_role: "viewer" } };
  await sql`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, false)`;
  const functions = await sql<{ name: string }[]>`
    select p.oid::regproc::text as name from pg_proc p
    where p.pronamespace = 'pipeline_console'::regnamespace and p.provolatile = 's' and p.pronargs = p.pronargdefaults
    order by 1`;
  return functions.flatMap(({ name }) =>
    name.endsWith(".overview_history") ? ["1 hour", "30 days"].map((range) => `${name}('${range}')`) : `${name}()`
  );
}

const WRITES = [
  {
    index: "upload_pipeline.events_errors_idx",
    what: "a failure event",
    type: "retry",
  },
  {
    index: "upload_pipeline.events_errors_idx",
    what: "a status event",
    type: "status",
  },
  {
    index: "pipeline_internal.submissions_submitted_at_idx",
    what: "a submission",
  },
];
const WRITTEN = 20_000;
const WRITE_ROUNDS = 5;

async function measureWrites(sql: postgres.Sql): Promise<WriteCost[]> {
  const costs: WriteCost[] = [];
  for (const { index, what, type } of WRITES) {
    const samples = { with: [] as number[], without: [] as number[] };
    for (let round = 0; round < WRITE_ROUNDS; round++) {
      for (const side of ["with", "without"] as const) {
        await undone(sql, async (tx) => {
          if (side === "without") await tx.unsafe(`drop index ${index}`);
          const begunAt = now();
          if (type) await writeEvents(tx, type);
          else await writeSubmissions(tx);
          samples[side].push((now() - begunAt) * 1000 / WRITTEN);
        });
      }
    }
    costs.push({
      index,
      what,
      with: median(samples.with),
      without: median(samples.without),
    });
  }
  return costs;
}

async function writeEvents(tx: postgres.ISql, type: string): Promise<void> {
  await tx`
    insert into upload_pipeline.events (document_id, job_id, user_id, type, status)
    select document_id, job_id, user_id, ${type}, status from upload_pipeline.upload_jobs limit ${WRITTEN}`;
}

async function writeSubmissions(tx: postgres.ISql): Promise<void> {
  await tx`
    insert into pipeline_internal.submissions (job_id, submitted_at)
    select job_id, clock_timestamp() from upload_pipeline.upload_jobs limit ${WRITTEN}`;
}

/** Runs `work` in a transaction that is rolled back. */
export async function undone(
  sql: postgres.Sql,
  run: (tx: postgres.TransactionSql) => Promise<void>,
): Promise<void> {
  const rollback = Symbol("rollback");
  await sql.begin(async (tx) => {
    await run(tx);
    throw rollback;
  }).catch((reason) => {
    if (reason !== rollback) throw reason;
  });
}
