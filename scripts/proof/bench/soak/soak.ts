import postgres from "postgres";
import { withBenchStack } from "../bench_stack.ts";
import { now, wait } from "../clock.ts";
import { describeEnvironment, type Environment } from "../machine.ts";
import { createUsers } from "../../../platform/test_stack/uploads.ts";
import { Random } from "../../../dev/seeded_random.ts";
import { type Growth, growthOf, readTables, type TableState } from "./tables.ts";
import { turn } from "./worker.ts";

export interface Soak {
  minutes: number;
  seed: number;
  onProgress(step: string): void;
  signal: AbortSignal;
}

export interface SoakResult {
  environment: Environment;
  minutes: number;
  seed: number;
  completed: number;
  deleted: number;
  /** Documents at the end, and how many of them are stuck: unfinished without work in progress. */
  documents: number;
  stuck: number;
  growth: Growth[];
}

const DRIVERS = 4;
/** Each driver's number of documents, which stays constant, so that no table may grow. */
const KEEP = 150;
const SAMPLES = 24;
/** The retention of history during the run, in days. */
const RETENTION_DAYS = 20 / 86_400;

/** Adds and deletes documents for this long, and measures the growth of the tables. */
export async function soak(
  { minutes, seed, onProgress, signal }: Soak,
): Promise<SoakResult> {
  return await withBenchStack({ onProgress, signal }, async (stack) => {
    const admin = postgres(stack.adminDatabaseUrl, {
      max: 2,
      onnotice: () => {},
    });
    const sql = postgres(stack.databaseUrl, {
      max: DRIVERS,
      onnotice: () => {},
    });
    try {
      const environment = await describeEnvironment(admin);
      const userIds = await createUsers(admin, DRIVERS);
      await prepare(sql);

      const endsAt = now() + minutes * 60_000;
      const total = { completed: 0, deleted: 0 };
      const samples: TableState[][] = [];
      await Promise.all([
        ...userIds.map(async (userId, driver) => {
          const random = new Random(seed + driver);
          while (now() < endsAt) {
            const { completed, deleted } = await turn(sql, userId, {
              random,
              keep: KEEP,
            });
            total.completed += completed;
            total.deleted += deleted;
          }
        }),
        (async () => {
          for (let n = 1; n <= SAMPLES; n++) {
            await wait(minutes * 60_000 / SAMPLES);
            await admin`select pipeline_internal.purge()`;
            samples.push(await readTables(admin));
            onProgress(
              `${n} of ${SAMPLES} samples: ${total.completed} documents complete, ${total.deleted} deleted`,
            );
          }
        })(),
      ]);
      const [{ documents, stuck }] = await admin`
        select count(*)::int as documents,
               count(*) filter (where finished_at is null and message_id is null)::int as stuck
        from upload_pipeline.upload_jobs`;
      return {
        environment,
        minutes,
        seed,
        ...total,
        documents,
        stuck,
        growth: growthOf(samples),
      };
    } finally {
      await Promise.all([admin.end(), sql.end()]);
    }
  });
}

/** Limits nothing but the machine, and calls no worker: only the drivers work. */
async function prepare(sql: postgres.Sql): Promise<void> {
  await sql`
    select vault.update_secret(id, 'http://127.0.0.1:9/functions/v1') from vault.secrets
    where name = 'pipeline_functions_url'`;
  await sql`
    update pipeline_internal.limits
    set uploads_per_user_per_day = 1e9, pages_per_user_per_day = 1e9, requests_per_user_per_hour = 1e9,
      active_documents_per_user = 1000, monthly_budget_cents_per_user = null`;
  await sql`
    update pipeline_internal.stages set batch = 100, max_invocations = 100, requests_per_message = 0, backoff_base_seconds = 0.1`;
  // This run is shorter than the minimum retention of the audit log.
  await sql`
    create or replace function pipeline_internal.audit_log_least_days() returns int
    language sql immutable parallel safe set search_path = '' as 'select 0'`;
  await sql`
    update pipeline_internal.retention set days = ${RETENTION_DAYS}`;
  await sql`
    select pipeline_internal.add_endpoint('soak', 'http://127.0.0.1:9/', array['document.completed'])`;
}
