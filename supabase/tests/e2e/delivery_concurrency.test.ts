import type postgres from "postgres";
import { describe, expect, it } from "vitest";
import { isPending, type Lease, useEngine } from "./engine_sessions.ts";

describe("concurrent webhooks and settlements", { retry: 0 }, () => {
  const {
    sql,
    current,
    createUser,
    register,
    claimIn,
    settleIn,
    keepWorkersAway,
    openTransaction,
  } = useEngine();

  it("a webhook waits for the submission's running settlement, and makes the fetch due", async () => {
    const [job] = await createJobsInParser(1, { submitted: false });
    const settlement = await openTransaction((session) => settleIn(session, "parse", [done(job)]));
    const webhook = deliver(job);
    expect(await isPending(webhook)).toBe(true);
    await settlement.finish("commit");

    expect(await webhook).toBe("accepted");
    expect(await secondsUntilDue(job)).toBeLessThanOrEqual(0);
  });

  it("a webhook before the submission's settlement makes the fetch due at once", async () => {
    const [job] = await createJobsInParser(1, { submitted: false });
    const webhook = await openTransaction((session) => deliver(job, session));
    const settlement = settleIn(sql, "parse", [done(job)]);
    expect(await isPending(settlement)).toBe(true);
    await webhook.finish("commit");

    expect(await settlement).toEqual([job.msg_id]);
    expect(await secondsUntilDue(job)).toBeLessThanOrEqual(0);
  });

  it("a webhook during a claim leaves the message with the claiming worker", async () => {
    const [job] = await createJobsInParser(1, { due: true });
    const claiming = await openTransaction((session) => claimIn(session, "fetch_result", 100));
    expect(claiming.result.map((row) => row.job_id)).toContain(job.job_id);
    // It does not block, although the claim is still uncommitted.
    expect(await deliver(job)).toBe("accepted");
    await claiming.finish("commit");

    expect(await secondsUntilDue(job)).toBeGreaterThan(30);
    const again = await claimIn(sql, "fetch_result", 100);
    expect(again.map((row) => row.job_id)).not.toContain(job.job_id);
  });

  it("a webhook during a poll's settlement makes the next poll due at once", async () => {
    const [job] = await createJobsInParser(1, { claimed: true });
    const settlement = await openTransaction((session) =>
      settleIn(session, "fetch_result", [{ ...job, outcome: "poll" }])
    );
    const webhook = deliver(job);
    expect(await isPending(webhook)).toBe(true);
    await settlement.finish("commit");

    expect(await webhook).toBe("accepted");
    expect(await secondsUntilDue(job)).toBeLessThanOrEqual(0);
  });

  it("a poll's settlement waits for a running webhook, and makes the next poll due at once", async () => {
    const [job] = await createJobsInParser(1, { claimed: true });
    const webhook = await openTransaction((session) => deliver(job, session));
    const settlement = settleIn(sql, "fetch_result", [{
      ...job,
      outcome: "poll",
    }]);
    expect(await isPending(settlement)).toBe(true);
    await webhook.finish("commit");

    expect(await settlement).toEqual([job.msg_id]);
    expect(await secondsUntilDue(job)).toBeLessThanOrEqual(0);
  });

  it("twenty concurrent webhooks and settlements all finish", async () => {
    const jobs = await createJobsInParser(20, { claimed: true });
    const halves = [jobs, [...jobs].reverse()].map((some) => some.filter((job) => Number(job.msg_id) % 2 === 0));
    const results = await Promise.allSettled([
      ...jobs.map((job) => deliver(job)),
      // Jobs with even message ids are settled twice, in batches of opposite order; those with odd ids one by one.
      ...halves.map((batch) =>
        settleIn(
          sql,
          "fetch_result",
          batch.map((job) => ({ ...job, outcome: "poll" })),
        )
      ),
      ...jobs.filter((job) => Number(job.msg_id) % 2 === 1).map((job) =>
        settleIn(sql, "fetch_result", [{ ...job, outcome: "poll" }])
      ),
    ]);
    expect(results.filter(({ status }) => status === "rejected")).toEqual([]);

    // In every order of events the webhook takes effect: each poll is due at once.
    for (const job of jobs) {
      expect(await secondsUntilDue(job)).toBeLessThanOrEqual(0);
    }
  });

  interface JobInParser extends Lease {
    job_id: string;
    submission_id: string;
  }

  /**
   * Jobs of a new user that are at the parser: leased from `parse` with a recorded submission, and then, unless
   * `submitted` is false, waiting for `fetch_result`, where they may be due or claimed.
   */
  async function createJobsInParser(
    count: number,
    { submitted = true, due = false, claimed = false } = {},
  ): Promise<JobInParser[]> {
    await keepWorkersAway();
    await createUser();
    const jobs = await sql.begin(async (tx) => {
      for (let n = 0; n < count; n++) {
        const [{ job_id }] = await register(tx, n);
        await tx`select pipeline_internal.enqueue(array[${job_id}::uuid], 'parse')`;
      }
      return await tx<JobInParser[]>`
        update upload_pipeline.upload_jobs j
        set state = 'working', attempt_count = 1, claimed_at = clock_timestamp()
        from pgmq.read('parse', 60, ${count}) q
        where (q.message ->> 'job_id')::uuid = j.job_id
        returning q.msg_id, q.read_ct, j.job_id`;
    });
    for (const job of jobs) {
      const [{ submission_id }] = await sql`
        select submission_id from pipeline_internal.begin_submission(
          row('parse', ${job.msg_id}, ${job.read_ct})::pipeline_internal.lease)`;
      job.submission_id = submission_id;
    }
    if (!submitted) return jobs;

    await settleIn(sql, "parse", jobs.map(done));
    if (!due && !claimed) return jobs;
    await sql`
      update pgmq.q_fetch_result q set vt = clock_timestamp()
      from upload_pipeline.upload_jobs j where j.user_id = ${current.userId} and q.msg_id = j.message_id`;
    if (!claimed) return jobs;
    const leases: (Lease & { job_id: string })[] = [];
    // The stage's limit of messages in one round trip.
    while (leases.length < count) {
      const batch = await claimIn(sql, "fetch_result", count);
      if (batch.length === 0) break;
      leases.push(...batch);
    }
    return jobs.map((job) => ({
      ...job,
      ...leases.find((lease) => lease.job_id === job.job_id)!,
    }));
  }

  /** Settles the submission: the parser has accepted the document. */
  function done(job: JobInParser) {
    const provider_job_id = `concurrency-${job.job_id}`;
    const output = { submission_id: job.submission_id, provider_job_id };
    return { ...job, outcome: "done", output };
  }

  /** Records the parser's webhook for the job. */
  async function deliver(
    { job_id }: { job_id: string },
    session: postgres.ISql = sql,
  ): Promise<string> {
    const [{ answer }] = await session<{ answer: string }[]>`
      select pipeline_internal.receive_delivery(
        ${crypto.randomUUID()}, 'parse.success', ${`concurrency-${job_id}`}, ${job_id}, 'concurrency') as answer`;
    return answer;
  }

  async function secondsUntilDue(
    { job_id }: { job_id: string },
  ): Promise<number> {
    const [{ seconds }] = await sql<{ seconds: number }[]>`
      select extract(epoch from q.vt - clock_timestamp())::float as seconds
      from upload_pipeline.upload_jobs j join pgmq.q_fetch_result q on q.msg_id = j.message_id
      where j.job_id = ${job_id} and j.stage = 'fetch_result'`;
    return seconds;
  }
});
