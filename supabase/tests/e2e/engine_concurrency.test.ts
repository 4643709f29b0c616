import type postgres from "postgres";
import { describe, expect, it } from "vitest";
import { isPending, type Lease, settlementOf, useEngine } from "./engine_sessions.ts";

describe("the engine under concurrency", { retry: 0 }, () => {
  const {
    sql,
    stage,
    filler,
    current,
    createUser,
    createJobs,
    register,
    claim,
    settleIn,
    openTransaction,
  } = useEngine();

  it("two concurrent claims share the messages", async () => {
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

  it("many concurrent claims return each message once", async () => {
    const jobIds = await createJobs(30);
    const claims = await Promise.all(
      Array.from({ length: 15 }, () => claim(sql, 2)),
    );
    const claimed = claims.flat();
    // A claim skips locked messages and may return fewer; the next one gets the rest.
    claimed.push(...await claim(sql, 30));

    expect(claimed.map((row) => row.job_id).sort()).toEqual(
      [...jobIds].sort(),
    );
    const attempts = await sql`
      select distinct attempt_count from upload_pipeline.upload_jobs where user_id = ${current.userId}`;
    expect(attempts).toEqual([{ attempt_count: 1 }]);
  });

  it("a running settlement wins over a claim of the same message", async () => {
    const [jobId] = await createJobs(1);
    const [held] = await claim(sql, 1);
    await sql`select pgmq.set_vt(${stage}, ${held.msg_id}, 0)`;

    const settlement = await openTransaction((session) => settle(session, "reject", held));
    expect(settlement.result).toBe(true);
    expect(await claim(sql, 1)).toEqual([]);
    await settlement.finish("commit");

    expect(await claim(sql, 1)).toEqual([]);
    expect(await stateOf(jobId)).toEqual({
      state: "deadletter",
      attempt_count: 1,
    });
  });

  it("a running claim blocks the former worker's settlement, which is then refused", async () => {
    const [jobId] = await createJobs(1);
    const [held] = await claim(sql, 1);
    await sql`select pgmq.set_vt(${stage}, ${held.msg_id}, 0)`;

    const reading = await openTransaction((session) => claim(session, 1));
    const settlement = settle(sql, "reject", held);
    expect(await isPending(settlement)).toBe(true);
    await reading.finish("commit");

    expect(await settlement).toBe(false);
    expect(await stateOf(jobId)).toEqual({
      state: "retryable",
      attempt_count: 0,
    });
    // That claim counted the lost attempt; after the backoff the next claim gets the message.
    expect(reading.result).toHaveLength(0);
    await sql`select pgmq.set_vt(${stage}, ${held.msg_id}, 0)`;
    const [next] = await claim(sql, 1);
    expect(await settle(sql, "reject", next)).toBe(true);
  });

  it("only one of many runs for suspects begins, and each suspect is tried once", async () => {
    const jobIds = await createJobs(3);
    await sql`
      update upload_pipeline.upload_jobs
      set is_isolated = true, lost_count = 2, unexplained_count = 2 where job_id = any (${jobIds})`;
    const runs = Array.from({ length: 8 }, () => crypto.randomUUID());
    const begun = await Promise.all(
      runs.map((runId) =>
        sql<{ slots: number }[]>`
        select slots from pipeline_internal.begin_isolated_run(${stage}, ${runId})`
      ),
    );
    expect(begun.flat()).toEqual([{ slots: 1 }]);

    // Two such runs may overlap, while workers claim from the same queue.
    const claims = await Promise.all(
      Array.from(
        { length: 24 },
        (_, n) =>
          n % 3 === 0 ? claim(sql, 3) : sql<{ job_id: string }[]>`
            select job_id from pipeline_internal.claim_isolated(${stage}, null)`,
      ),
    );
    const rest: string[] = [];
    for (;;) {
      const [suspect] = await sql<{ job_id: string }[]>`
        select job_id from pipeline_internal.claim_isolated(${stage}, null)`;
      if (!suspect) break;
      rest.push(suspect.job_id);
    }
    const tried = [...claims.flat().map((row) => row.job_id), ...rest];
    expect(tried.sort()).toEqual([...jobIds].sort());
    expect(
      await sql`
        select distinct state, attempt_count, lost_count from upload_pipeline.upload_jobs where job_id = any (${jobIds})`,
    ).toEqual([{ state: "working", attempt_count: 1, lost_count: 2 }]);
  });

  it("only one of several settlements with the same lease takes effect", async () => {
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

  it("settlements of the same messages in opposite orders do not deadlock", async () => {
    await createJobs(20);
    const held = await claim(sql, 20);
    const rejects = held.map((lease) => settlementOf(lease, "reject"));
    // The middle row blocks both until both are running.
    const gate = await openTransaction((session) =>
      session`
        select from ${sql(`pgmq.q_${stage}`)} where msg_id = ${held[10].msg_id} for update`
        .execute()
    );
    const settlements = Promise.all([
      settleIn(sql, stage, rejects),
      settleIn(sql, stage, [...rejects].reverse()),
    ]);
    expect(await isPending(settlements)).toBe(true);
    await gate.finish("commit");

    const counts = (await settlements).map((settled) => settled.length);
    expect(counts.sort()).toEqual([0, 20]);
  });

  it("extending a lease waits for a running retry and keeps its due time", async () => {
    await createJobs(1);
    const [held] = await claim(sql, 1);
    const retry = await openTransaction((session) => settle(session, "retry", held));
    const extension = sql`
      select * from pipeline_internal.extend_leases(
        ${stage}, ${[held.msg_id]}::bigint[], ${[held.read_ct]}::int[])`
      .execute();
    expect(await isPending(extension)).toBe(true);
    await retry.finish("commit");

    expect(await extension).toEqual([]);
    const [{ seconds }] = await sql`
      select extract(epoch from vt - clock_timestamp())::float as seconds from ${sql(`pgmq.q_${stage}`)}`;
    expect(seconds).toBeLessThan(3);
  });

  it("concurrent registrations of the same bytes create one document", async () => {
    await createUser();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => register(sql, 1)),
    );
    const outcomes = answers.map(([answer]) => answer.outcome).sort();
    expect(outcomes).toEqual(["created", ...Array(9).fill("resumed")]);
    expect(new Set(answers.map(([answer]) => answer.job_id)).size).toBe(1);
  });

  it("concurrent registrations stop at the daily limit", async () => {
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

  it("twenty concurrent invocations begin as many runs as the stage allows", async () => {
    await sql`update pipeline_internal.stages set max_invocations = 3 where stage = ${stage}`;
    const runIds = Array.from({ length: 20 }, () => crypto.randomUUID());
    const begun = await Promise.all(
      runIds.map((runId) => sql`select * from pipeline_internal.begin_run(${stage}, ${runId})`),
    );
    await sql`update pipeline_internal.stages set max_invocations = 1 where stage = ${stage}`;

    expect(begun.filter((rows) => rows.length === 1)).toHaveLength(3);
    const [{ running }] = await sql`
      select count(*)::int as running from pipeline_internal.live_runs where stage = ${stage}`;
    expect(running).toBe(3);
  });

  it("an invocation waits for another's start, so that both are counted", async () => {
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

  it("repeated calls with one run id begin one run", async () => {
    await sql`update pipeline_internal.stages set max_invocations = 10 where stage = ${stage}`;
    const runId = crypto.randomUUID();
    const begun = await Promise.all(
      Array.from(
        { length: 10 },
        () => sql`select * from pipeline_internal.begin_run(${stage}, ${runId})`,
      ),
    );
    await sql`update pipeline_internal.stages set max_invocations = 1 where stage = ${stage}`;
    expect(begun.filter((rows) => rows.length === 1)).toHaveLength(1);
  });

  it("a run that ends waits for an uncommitted enqueue, and continues when it commits", async () => {
    await createJobs(0);
    const [{ job_id }] = await register(sql, 1);
    const enqueueing = await openTransaction((session) =>
      session`select pipeline_internal.enqueue(array[${job_id}::uuid], ${stage})`
        .execute()
    );
    // No worker was called for this message, because the run existed.
    const ended = endRun(filler);
    expect(await isPending(ended)).toBe(true);
    await enqueueing.finish("commit");
    expect(await ended).toBe(false);
    expect(await claim(sql, 1)).toHaveLength(1);
  });

  it("a run that ends waits for an uncommitted enqueue, and ends when it is rolled back", async () => {
    await createJobs(0);
    const [{ job_id }] = await register(sql, 1);
    const enqueueing = await openTransaction((session) =>
      session`select pipeline_internal.enqueue(array[${job_id}::uuid], ${stage})`
        .execute()
    );
    const ended = endRun(filler);
    expect(await isPending(ended)).toBe(true);
    await enqueueing.finish("rollback");
    expect(await ended).toBe(true);
  });

  it("concurrent deliveries of the same webhook are recorded once", async () => {
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

  async function settle(
    session: postgres.ISql,
    outcome: "reject" | "retry",
    lease: Lease,
  ): Promise<boolean> {
    const settled = await settleIn(session, stage, [
      settlementOf(lease, outcome),
    ]);
    return settled.length === 1;
  }

  async function endRun(runId: string): Promise<boolean> {
    const [{ ended }] = await sql<{ ended: boolean }[]>`
      select pipeline_internal.end_run(${stage}, ${runId}, 'drained', 0) as ended`;
    return ended;
  }

  async function stateOf(jobId: string) {
    const [job] = await sql`
      select state, attempt_count from upload_pipeline.upload_jobs where job_id = ${jobId}`;
    return job;
  }
});
