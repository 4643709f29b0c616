import process from "node:process";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

/**
 * What takes several sessions at once to show. Works on a stage of its own, with a queue that no worker serves, so that
 * it may run beside live workers. `TEST_DATABASE_URL` points it at another migrated database than the test stack's.
 */
const databaseUrl = process.env.TEST_DATABASE_URL ??
  JSON.parse(process.env.TEST_STACK ?? "{}").databaseUrl;

const CONNECTIONS = 20;

interface Lease {
  msg_id: string;
  read_ct: number;
}

describe("the engine under concurrency", () => {
  if (!databaseUrl) {
    throw new Error(
      "these tests need a database: run them with `npm test -- e2e`, or set TEST_DATABASE_URL",
    );
  }
  const sql = postgres(databaseUrl, { max: CONNECTIONS, onnotice: () => {} });
  const stage = `concurrency_${randomLetters()}`;
  const filler = crypto.randomUUID();
  let userId: string;
  /** Sessions with a transaction that is still open. */
  const open = new Set<postgres.ReservedSql>();

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
    // Those of a test that failed half-way.
    for (const session of open) await finish(session, "rollback");
    await sql`delete from auth.users where id = ${userId ?? null}`;
    await sql`delete from pipeline_internal.worker_runs where stage = ${stage}`;
    await sql`delete from ${sql(`pgmq.q_${stage}`)}`;
  });

  /** A user of this test's, with jobs at the door of its stage. */
  async function createJobs(count: number): Promise<string[]> {
    await createUser();
    // The stage's one place is taken, so that putting jobs at its door calls nobody.
    await sql`
      insert into pipeline_internal.worker_runs (run_id, stage, started_at, heartbeat_at)
      values (${filler}, ${stage}, now(), now() + interval '1 hour')
      on conflict do nothing`;
    return await sql.begin(async (tx) => {
      const jobIds: string[] = [];
      for (let n = 0; n < count; n++) {
        const [{ job_id }] = await register(tx, n);
        await tx`select pipeline_internal.enqueue(${job_id}, ${stage})`;
        jobIds.push(job_id);
      }
      return jobIds;
    });
  }

  async function createUser(): Promise<void> {
    userId = crypto.randomUUID();
    await sql`
      insert into auth.users (id, email, aud, role)
      values (${userId}, ${`${userId}@example.test`}, 'authenticated', 'authenticated')`;
  }

  function register(session: postgres.ISql, n: number) {
    const sha256 = n.toString(16).padStart(64, "0");
    return session<{ outcome: string; job_id: string }[]>`
      select outcome, job_id from pipeline_internal.register_upload(
        ${userId}, ${`${n}.pdf`}, 'application/pdf', 1000, ${sha256}, false, 'concurrency')`;
  }

  function claim(session: postgres.ISql, count: number) {
    return session<(Lease & { job_id: string })[]>`
      select msg_id, read_ct, job_id from pipeline_internal.claim(${stage}, ${count})`;
  }

  async function settle(
    session: postgres.ISql,
    outcome: "reject" | "retry",
    { msg_id, read_ct }: Lease,
  ): Promise<boolean> {
    const settlement = {
      msg_id,
      read_ct,
      outcome,
      code: "TEST",
      message: "test",
    };
    const settled = await session`
      select pipeline_internal.settle(${stage}, ${sql.json([settlement])})`;
    return settled.length === 1;
  }

  async function endRun(runId: string): Promise<boolean> {
    const [{ ended }] = await sql<{ ended: boolean }[]>`
      select pipeline_internal.end_run(${stage}, ${runId}, 'drained', 0) as ended`;
    return ended;
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

  it("two workers that claim at the same moment share the messages out", async () => {
    const jobIds = await createJobs(6);
    const first = await openTransaction((session) => claim(session, 4));
    const second = await openTransaction((session) => claim(session, 4));
    await first.finish("commit");
    await second.finish("commit");

    expect(first.result.map((row) => row.job_id).sort()).toEqual(
      jobIds.slice(0, 4).sort(),
    );
    expect(second.result.map((row) => row.job_id).sort()).toEqual(
      jobIds.slice(4).sort(),
    );
  });

  it("many workers at once claim each message once", async () => {
    const jobIds = await createJobs(30);
    const claims = await Promise.all(
      Array.from({ length: 15 }, () => claim(sql, 2)),
    );
    const claimed = claims.flat();
    // A worker may find the rest locked and leave with less; whoever comes next gets it.
    claimed.push(...await claim(sql, 30));

    expect(claimed.map((row) => row.job_id).sort()).toEqual(
      [...jobIds].sort(),
    );
    const attempts = await sql`
      select distinct attempt_count from upload_pipeline.upload_jobs where user_id = ${userId}`;
    expect(attempts).toEqual([{ attempt_count: 1 }]);
  });

  it("a settlement under way wins against a worker that reads the message again", async () => {
    const [jobId] = await createJobs(1);
    const [held] = await claim(sql, 1);
    await sql`select pgmq.set_vt(${stage}, ${held.msg_id}, 0)`;

    const settlement = await openTransaction((session) =>
      settle(session, "reject", held)
    );
    expect(settlement.result).toBe(true);
    expect(await claim(sql, 1)).toEqual([]);
    await settlement.finish("commit");

    expect(await claim(sql, 1)).toEqual([]);
    expect(await stateOf(jobId)).toEqual({
      state: "deadletter",
      attempt_count: 1,
    });
  });

  it("a reading under way makes the former worker's settlement wait, and refuses it", async () => {
    const [jobId] = await createJobs(1);
    const [held] = await claim(sql, 1);
    await sql`select pgmq.set_vt(${stage}, ${held.msg_id}, 0)`;

    const reading = await openTransaction((session) => claim(session, 1));
    const settlement = settle(sql, "reject", held);
    expect(await isPending(settlement)).toBe(true);
    await reading.finish("commit");

    expect(await settlement).toBe(false);
    expect(await stateOf(jobId)).toEqual({
      state: "working",
      attempt_count: 2,
    });
    expect(await settle(sql, "reject", reading.result[0])).toBe(true);
  });

  it("of two workers that settle with the same lease one takes effect", async () => {
    const [jobId] = await createJobs(1);
    const [held] = await claim(sql, 1);
    const settled = await Promise.all(
      Array.from({ length: 6 }, () => settle(sql, "reject", held)),
    );
    expect(settled.filter(Boolean)).toHaveLength(1);
    const events = await sql`
      select 1 from upload_pipeline.events where job_id = ${jobId} and type = 'failure'`;
    expect(events).toHaveLength(1);
  });

  it("prolonging a lease waits for a retry under way and leaves its time alone", async () => {
    await createJobs(1);
    const [held] = await claim(sql, 1);
    const retry = await openTransaction((session) =>
      settle(session, "retry", held)
    );
    const extension = sql`
      select * from pipeline_internal.extend_leases(
        ${stage}, ${[held.msg_id]}::bigint[], ${[held.read_ct]}::int[])`
      .execute();
    expect(await isPending(extension)).toBe(true);
    await retry.finish("commit");

    expect(await extension).toEqual([]);
    const [{ seconds }] = await sql`
      select extract(epoch from vt - clock_timestamp())::float as seconds from ${
      sql(`pgmq.q_${stage}`)
    }`;
    expect(seconds).toBeLessThan(3);
  });

  it("the same bytes registered at the same moment are one document", async () => {
    await createUser();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => register(sql, 1)),
    );
    const outcomes = answers.map(([answer]) => answer.outcome).sort();
    expect(outcomes).toEqual(["created", ...Array(9).fill("resumed")]);
    expect(new Set(answers.map(([answer]) => answer.job_id)).size).toBe(1);
  });

  it("documents registered at the same moment do not pass the daily limit together", async () => {
    await createUser();
    const [{ uploads_per_user_per_day: limit }] = await sql`
      select uploads_per_user_per_day from pipeline_internal.limits`;
    await sql.begin(async (tx) => {
      for (let n = 1; n < limit; n++) await register(tx, n);
    });
    const last = await openTransaction((session) => register(session, limit));
    const answers = Promise.all(
      Array.from({ length: 4 }, (_, n) => register(sql, limit + 1 + n)),
    );
    expect(await isPending(answers)).toBe(true);
    await last.finish("commit");

    expect(last.result[0].outcome).toBe("created");
    expect((await answers).map(([answer]) => answer.outcome)).toEqual(
      Array(4).fill("daily_limit"),
    );
  });

  it("of twenty calls at once exactly as many begin as the stage allows", async () => {
    await sql`update pipeline_internal.stages set max_invocations = 3 where stage = ${stage}`;
    const runIds = Array.from({ length: 20 }, () => crypto.randomUUID());
    const begun = await Promise.all(
      runIds.map((runId) =>
        sql`select * from pipeline_internal.begin_run(${stage}, ${runId})`
      ),
    );
    await sql`update pipeline_internal.stages set max_invocations = 1 where stage = ${stage}`;

    expect(begun.filter((rows) => rows.length === 1)).toHaveLength(3);
    const [{ running }] = await sql`
      select count(*)::int as running from pipeline_internal.live_runs(${stage})`;
    expect(running).toBe(3);
  });

  it("a call waits for another's beginning, so that both count", async () => {
    const beginRun = (session: postgres.ISql) =>
      session`select * from pipeline_internal.begin_run(${stage}, ${crypto.randomUUID()})`
        .execute();
    const first = await openTransaction(beginRun);
    const second = beginRun(sql);
    expect(await isPending(second)).toBe(true);
    await first.finish("commit");

    expect(first.result).toHaveLength(1);
    expect(await second).toEqual([]);
  });

  it("one call sent many times begins once", async () => {
    await sql`update pipeline_internal.stages set max_invocations = 10 where stage = ${stage}`;
    const runId = crypto.randomUUID();
    const begun = await Promise.all(
      Array.from(
        { length: 10 },
        () =>
          sql`select * from pipeline_internal.begin_run(${stage}, ${runId})`,
      ),
    );
    await sql`update pipeline_internal.stages set max_invocations = 1 where stage = ${stage}`;
    expect(begun.filter((rows) => rows.length === 1)).toHaveLength(1);
  });

  it("a run that ends waits for work about to be committed, and goes on with it", async () => {
    await createJobs(0);
    const [{ job_id }] = await register(sql, 1);
    const enqueueing = await openTransaction((session) =>
      session`select pipeline_internal.enqueue(${job_id}, ${stage})`.execute()
    );
    // Nobody was called for this message, because the run was there.
    const ended = endRun(filler);
    expect(await isPending(ended)).toBe(true);
    await enqueueing.finish("commit");
    expect(await ended).toBe(false);
    expect(await claim(sql, 1)).toHaveLength(1);
  });

  it("a run that ends waits for work that is then taken back, and ends", async () => {
    await createJobs(0);
    const [{ job_id }] = await register(sql, 1);
    const enqueueing = await openTransaction((session) =>
      session`select pipeline_internal.enqueue(${job_id}, ${stage})`.execute()
    );
    const ended = endRun(filler);
    expect(await isPending(ended)).toBe(true);
    await enqueueing.finish("rollback");
    expect(await ended).toBe(true);
  });

  it("the same webhook delivered many times at once is recorded once", async () => {
    const eventId = `concurrency-${crypto.randomUUID()}`;
    try {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () =>
          sql<{ answer: string }[]>`
            select pipeline_internal.receive_delivery(
              ${eventId}, 'parse.success', ${eventId}, null, 'concurrency') as answer`),
      );
      expect(answers.map(([{ answer }]) => answer).sort()).toEqual(
        [...Array(9).fill("duplicate"), "unknown_job"],
      );
    } finally {
      await sql`delete from pipeline_internal.deliveries where event_id = ${eventId}`;
    }
  });

  async function stateOf(jobId: string) {
    const [job] = await sql`
      select state, attempt_count from upload_pipeline.upload_jobs where job_id = ${jobId}`;
    return job;
  }
});

/** Whether a query is still waiting after a moment that is long enough for it to have finished. */
async function isPending(query: PromiseLike<unknown>): Promise<boolean> {
  const moment = new Promise<"moment">((resolve) =>
    setTimeout(() => resolve("moment"), 400)
  );
  return await Promise.race([query, moment]) === "moment";
}

/** The name of a stage has no digits. */
function randomLetters(): string {
  return crypto.randomUUID().replace(/[^a-f]/g, "");
}
