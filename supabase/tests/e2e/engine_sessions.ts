import process from "node:process";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll } from "vitest";
import { useLimits } from "./changed_limits.ts";
import { eventually } from "./eventually.ts";
import { ownStack } from "./stacks.ts";

const databaseUrl = process.env.TEST_DATABASE_URL ?? ownStack!.databaseUrl;

const CONNECTIONS = 20;

export interface Lease {
  msg_id: string;
  read_ct: number;
}

/** The result of a registration. */
export interface Registered {
  outcome: string;
  job_id: string;
  document_id: string;
  raw_path: string;
}

export interface Settlement extends Lease {
  outcome: string;
  [more: string]: postgres.JSONValue;
}

/**
 * Set-up for tests with several sessions. They use a stage of their own, whose queue no worker serves, so that they can
 * run beside live workers; tests of the pipeline's stages occupy all their invocations first. `TEST_DATABASE_URL` names
 * another migrated database.
 */
export function useEngine() {
  if (!databaseUrl) {
    throw new Error(
      "these tests need a database: run them with `npm test -- e2e`, or set TEST_DATABASE_URL",
    );
  }
  const sql = postgres(databaseUrl, { max: CONNECTIONS, onnotice: () => {} });
  const stage = `concurrency_${randomLetters()}`;
  const filler = crypto.randomUUID();
  /** The user whom `register` registers for. */
  const current = { userId: "" };
  /** All users of the running test. */
  let userIds: string[] = [];
  /** Runs that occupy the invocations of the pipeline's stages. */
  const keepers: string[] = [];
  /** Sessions with an open transaction. */
  const open = new Set<postgres.ReservedSql>();
  const setLimits = useLimits(sql);

  beforeAll(async () => {
    await sql.begin(async (tx) => {
      await tx`
        insert into pipeline_internal.stages (
          stage, entry_status, working_status, failed_status, redrive_stage,
          max_attempts, backoff_base_seconds, backoff_cap_seconds, jitter, lease_seconds, slots, batch, max_invocations)
        values (${stage}, 'uploaded', 'uploaded', 'failed_parse', ${stage}, 5, 2, 300, 0, 60, 2, 30, 1)`;
      await tx`select pgmq.create(${stage})`;
    });
  });

  afterAll(async () => {
    await sql.begin(async (tx) => {
      await tx`delete from pipeline_internal.stages where stage = ${stage}`;
      await tx`select pgmq.drop_queue(${stage})`;
    });
    await sql.end();
  });

  afterEach(async () => {
    // Sessions of a test that failed before it finished them.
    for (const session of open) await finish(session, "rollback");
    for (const queue of ["parse", "fetch_result"]) {
      await sql`
        delete from ${sql(`pgmq.q_${queue}`)} q using upload_pipeline.upload_jobs j
        where (q.message ->> 'job_id')::uuid = j.job_id and j.user_id = any (${userIds})`;
    }
    await sql`
      delete from pipeline_internal.deliveries d using upload_pipeline.upload_jobs j
      where j.job_id = d.job_id and j.user_id = any (${userIds})`;
    // In one transaction, so that no worker removes files or cancels parses that never existed.
    await sql.begin(async (tx) => {
      const submissions = await tx<{ submission_id: string }[]>`
        select s.submission_id from pipeline_internal.submissions s
        join upload_pipeline.upload_jobs j using (job_id) where j.user_id = any (${userIds})`;
      const ids = submissions.map((row) => row.submission_id);
      await tx`delete from auth.users where id = any (${userIds})`;
      await tx`delete from pipeline_internal.parse_cancellations where submission_id = any (${ids})`;
      await tx`
        delete from pipeline_internal.file_cleanups
        where split_part(path, '/', 2) = any (${userIds})`;
    });
    userIds = [];
    await sql`
      delete from pipeline_internal.worker_runs
      where stage = ${stage} or run_id = any (${keepers.splice(0)})`;
    await sql`delete from ${sql(`pgmq.q_${stage}`)}`;
  });

  /** Creates a user with jobs that wait in the test's stage. */
  async function createJobs(count: number): Promise<string[]> {
    await createUser();
    // The stage's only invocation is occupied, so that enqueuing calls no worker.
    await sql`
      insert into pipeline_internal.worker_runs (run_id, stage, started_at, heartbeat_at)
      values (${filler}, ${stage}, now(), now() + interval '1 hour')
      on conflict do nothing`;
    return await sql.begin(async (tx) => {
      const jobIds: string[] = [];
      for (let n = 0; n < count; n++) {
        const [{ job_id }] = await register(tx, n);
        await tx`select pipeline_internal.enqueue(array[${job_id}::uuid], ${stage})`;
        jobIds.push(job_id);
      }
      return jobIds;
    });
  }

  async function createUser(): Promise<void> {
    current.userId = crypto.randomUUID();
    userIds.push(current.userId);
    await sql`
      insert into auth.users (id, email, aud, role)
      values (${current.userId}, ${`${current.userId}@example.test`}, 'authenticated', 'authenticated')`;
  }

  function register(session: postgres.ISql, n: number) {
    const sha256 = n.toString(16).padStart(64, "0");
    return session<Registered[]>`
      select outcome, job_id, document_id, raw_path from pipeline_internal.register_upload(
        ${current.userId}, ${`${n}.pdf`}, 'application/pdf', 1000, ${sha256}, false, 'concurrency')`;
  }

  function claim(session: postgres.ISql, count: number) {
    return session<(Lease & { job_id: string; user_id: string })[]>`
      select msg_id, read_ct, job_id, user_id from pipeline_internal.claim(${stage}, ${count})`;
  }

  async function settleIn(
    session: postgres.ISql,
    stage: string,
    settlements: Settlement[],
  ): Promise<string[]> {
    const rows = await session<{ msg_id: string }[]>`
      select unnest(settled) as msg_id from pipeline_internal.settle_and_continue(${stage}, array(
        select s from jsonb_populate_recordset(null::pipeline_internal.settlement, ${sql.json(settlements)}) s))`;
    return rows.map((row) => row.msg_id);
  }

  function claimIn(session: postgres.ISql, stage: string, count: number) {
    return session<(Lease & { job_id: string })[]>`
      select msg_id, read_ct, job_id from pipeline_internal.claim(${stage}, ${count})`;
  }

  /** Occupies all invocations of the pipeline's stages and waits for running workers, so that only this test uses their queues. */
  async function keepWorkersAway(): Promise<void> {
    const runs = await sql<{ run_id: string }[]>`
      insert into pipeline_internal.worker_runs (stage, started_at, heartbeat_at)
      select stage, now(), now() + interval '1 hour'
      from pipeline_internal.stages, generate_series(1, max_invocations)
      where stage in ('parse', 'fetch_result')
      returning run_id`;
    keepers.push(...runs.map((run) => run.run_id));
    await eventually(async () => {
      const others = await sql`
        select from pipeline_internal.live_runs
        where stage in ('parse', 'fetch_result') and run_id <> all (${keepers}::uuid[])`;
      return others.length === 0;
    }, "the workers' end");
  }

  /** Runs `work` in a transaction that stays open until `finish` is called. */
  async function openTransaction<T>(
    work: (session: postgres.ReservedSql) => Promise<T>,
  ) {
    const session = await sql.reserve();
    open.add(session);
    await session`begin`;
    return {
      result: await work(session),
      finish: (how: "commit" | "rollback") => finish(session, how),
    };
  }

  async function finish(
    session: postgres.ReservedSql,
    how: "commit" | "rollback",
  ): Promise<void> {
    open.delete(session);
    await session.unsafe(how);
    session.release();
  }

  return {
    sql,
    stage,
    filler,
    current,
    createUser,
    createJobs,
    setLimits,
    register,
    claim,
    claimIn,
    settleIn,
    keepWorkersAway,
    openTransaction,
  };
}

/** A settlement of a claimed message with arbitrary details. */
export function settlementOf(
  { msg_id, read_ct }: Lease,
  outcome: "done" | "reject" | "retry",
): Settlement {
  return { msg_id, read_ct, outcome, code: "TEST", message: "test" };
}

/** Whether a query is still blocked after enough time to finish. */
export async function isPending(query: PromiseLike<unknown>): Promise<boolean> {
  const moment = new Promise<"moment">((resolve) => setTimeout(() => resolve("moment"), 400));
  return await Promise.race([query, moment]) === "moment";
}

/** The name of a stage has no digits. */
function randomLetters(): string {
  return crypto.randomUUID().replace(/[^a-f]/g, "");
}
