import { beforeEach, describe, expect, it } from "vitest";
import { isPending, type Lease, settlementOf, useEngine } from "./engine_sessions.ts";

describe("concurrent user queues", { retry: 0 }, () => {
  const {
    sql,
    stage,
    current,
    createUser,
    createJobs,
    setLimits,
    register,
    claim,
    settleIn,
    keepWorkersAway,
    openTransaction,
  } = useEngine();

  beforeEach(() => setLimits({ active_documents_per_user: 2 }));

  it("documents of one user that arrive together fill the user's slots exactly", async () => {
    await keepWorkersAway();
    await createUser();
    for (let n = 0; n < 8; n++) await register(sql, n);
    const paths = await sql<{ raw_path: string }[]>`
      select raw_path from upload_pipeline.documents where user_id = ${current.userId}`;
    await Promise.all(
      paths.map(({ raw_path }) => sql`select pipeline_internal.start_processing(${raw_path})`),
    );

    const [counted] = await sql`
      select count(message_id)::int as active, count(user_queued_at)::int as queued
      from upload_pipeline.upload_jobs where user_id = ${current.userId}`;
    expect(counted).toEqual({ active: 2, queued: 6 });
  });

  it("two settlements that advance the same users' queues do not deadlock", async () => {
    await keepWorkersAway();
    // Four jobs of two users, in opposite orders; each user has further documents in the user queue.
    const jobIds = await createJobs(1);
    const first = current.userId;
    jobIds.push(...await createJobs(2));
    const second = current.userId;
    current.userId = first;
    const [{ job_id }] = await register(sql, 100);
    await sql`select pipeline_internal.enqueue(array[${job_id}::uuid], ${stage})`;
    jobIds.push(job_id);
    for (const owner of [first, second]) await queueDocuments(owner, 4);

    const held = [...await claim(sql, 4)].sort((a, b) => Number(a.msg_id) - Number(b.msg_id));
    expect(held.map((lease) => lease.job_id)).toEqual(jobIds);
    const rejects = held.map((lease) => settlementOf(lease, "reject"));
    // The first user's queue lock blocks both until both are running.
    const gate = await openTransaction((session) =>
      session`select pipeline_internal.lock_user_queue(${first})`.execute()
    );
    const settlements = Promise.allSettled([
      settleIn(sql, stage, rejects.slice(0, 2)),
      settleIn(sql, stage, rejects.slice(2)),
    ]);
    expect(await isPending(settlements)).toBe(true);
    await gate.finish("commit");

    expect((await settlements).map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
    ]);
    const inWork = await sql`
      select user_id, count(message_id)::int as count from upload_pipeline.upload_jobs
      where user_id in (${first}, ${second}) group by 1`;
    expect(inWork.map(({ count }) => count)).toEqual([2, 2]);
  });

  it("a redrive and a settlement of the same users' documents do not deadlock", async () => {
    await keepWorkersAway();
    const owners: string[] = [];
    for (let n = 0; n < 2; n++) {
      await createJobs(2);
      owners.push(current.userId);
    }
    // One document of each user has failed in parsing, in the reverse of the order in which settlements lock the queues.
    const [first, second] = owners.sort();
    const held = await claim(sql, 4);
    const byOwner = (owner: string) => held.filter((lease) => lease.user_id === owner);
    const rejects = (leases: Lease[]) =>
      leases.map((lease) => ({
        ...lease,
        outcome: "reject",
        code: "REDRIVE_CONCURRENTLY",
        message: "test",
      }));
    for (const owner of [second, first]) {
      await settleIn(sql, stage, rejects(byOwner(owner).slice(0, 1)));
    }
    await sql`
      update upload_pipeline.upload_jobs set last_error = last_error || '{"stage": "parse"}'
      where user_id = any (${owners}) and state = 'deadletter'`;
    for (const owner of owners) await queueDocuments(owner, 4);

    const gate = await openTransaction((session) =>
      session`select pipeline_internal.lock_user_queue(${second})`.execute()
    );
    const endings = Promise.allSettled([
      settleIn(
        sql,
        stage,
        rejects(owners.flatMap((owner) => byOwner(owner).slice(1))),
      ),
      sql`select redriven_count::int from pipeline_internal.redrive_all('REDRIVE_CONCURRENTLY', p_dry_run => false)`,
    ]);
    expect(await isPending(endings)).toBe(true);
    await gate.finish("commit");

    expect((await endings).map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
    ]);
  });

  /** Puts documents into the user queue, whether or not slots are free. */
  async function queueDocuments(owner: string, count: number): Promise<void> {
    current.userId = owner;
    for (let n = 0; n < count; n++) {
      const [{ job_id }] = await register(sql, 200 + n);
      await sql`
        update upload_pipeline.upload_jobs
        set status = 'uploaded', user_queued_at = clock_timestamp() where job_id = ${job_id}`;
    }
  }
});
