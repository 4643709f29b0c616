import { beforeEach, describe, expect, it } from "vitest";
import {
  isPending,
  type Lease,
  settlementOf,
  useEngine,
} from "./engine_sessions.ts";

describe("users' lines under concurrency", { retry: 0 }, () => {
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

  it("documents of one user that arrive at the same moment fill the places exactly", async () => {
    await keepWorkersAway();
    await createUser();
    for (let n = 0; n < 8; n++) await register(sql, n);
    const paths = await sql<{ raw_path: string }[]>`
      select raw_path from upload_pipeline.documents where user_id = ${current.userId}`;
    await Promise.all(
      paths.map(({ raw_path }) =>
        sql`select pipeline_internal.start_processing(${raw_path})`
      ),
    );

    const [counted] = await sql`
      select count(message_id)::int as in_work, count(user_queued_at)::int as in_line
      from upload_pipeline.upload_jobs where user_id = ${current.userId}`;
    expect(counted).toEqual({ in_work: 2, in_line: 6 });
  });

  it("two settlements that let the same users' next documents through do not wait for each other", async () => {
    await keepWorkersAway();
    // Four jobs, of two users in opposite orders; each user has documents in line besides.
    const jobIds = await createJobs(1);
    const first = current.userId;
    jobIds.push(...await createJobs(2));
    const second = current.userId;
    current.userId = first;
    const [{ job_id }] = await register(sql, 100);
    await sql`select pipeline_internal.enqueue(array[${job_id}::uuid], ${stage})`;
    jobIds.push(job_id);
    for (const owner of [first, second]) await standInLine(owner, 4);

    const held = [...await claim(sql, 4)].sort((a, b) =>
      Number(a.msg_id) - Number(b.msg_id)
    );
    expect(held.map((lease) => lease.job_id)).toEqual(jobIds);
    const rejects = held.map((lease) => settlementOf(lease, "reject"));
    // Nobody gets past the first user's line until both are at work.
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

  it("a redrive and a settlement of the same users' documents do not wait for each other", async () => {
    await keepWorkersAway();
    const owners: string[] = [];
    for (let n = 0; n < 2; n++) {
      await createJobs(2);
      owners.push(current.userId);
    }
    // Of each user one has failed in parsing, in the order opposite to that in which settlements take the lines.
    const [first, second] = owners.sort();
    const held = await claim(sql, 4);
    const byOwner = (owner: string) =>
      held.filter((lease) => lease.user_id === owner);
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
    for (const owner of owners) await standInLine(owner, 4);

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

  /** Documents of the user that wait in line, whether or not there are places. */
  async function standInLine(owner: string, count: number): Promise<void> {
    current.userId = owner;
    for (let n = 0; n < count; n++) {
      const [{ job_id }] = await register(sql, 200 + n);
      await sql`
        update upload_pipeline.upload_jobs
        set status = 'uploaded', user_queued_at = clock_timestamp() where job_id = ${job_id}`;
    }
  }
});
