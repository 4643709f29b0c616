import process from "node:process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  call,
  createUser,
  eventually,
  expireRuns,
  handbook,
  killFunction,
  openai,
  pause,
  upload,
  variant,
  waitFor,
} from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

/**
 * One document kills every process that works on it; the other only shares a process with it. The test kills with
 * SIGKILL whenever the document is active, as a lack of memory would.
 */
describe("a document that kills workers", { retry: 0 }, () => {
  const sql = useIdleStack();
  let policy: Record<string, number>;
  beforeAll(async () => {
    [policy] = await sql<[typeof policy]>`
      select lease_seconds, backoff_base_seconds, isolate_after, max_lost_alone
      from pipeline_internal.stages where stage = 'embed'`;
    // So that the test takes seconds: SQL tests cover growing pauses.
    await sql`
      update pipeline_internal.stages
      set lease_seconds = 2, backoff_base_seconds = 0.1, isolate_after = 1, max_lost_alone = 2 where stage = 'embed'`;
  });
  afterEach(() => openai.release());
  afterAll(async () => {
    await expireRuns(sql);
    await sql`update pipeline_internal.stages set ${sql(policy)} where stage = 'embed'`;
  });

  const active = async () => {
    const rows = await sql<{ document_id: string; is_isolated: boolean }[]>`
      select document_id, is_isolated from upload_pipeline.upload_jobs where stage = 'embed' and state = 'working'`;
    const { held } = await openai.log();
    return held >= rows.length ? rows : [];
  };

  it("is tried alone and given up, and documents beside it become complete", async () => {
    const user = await createUser();
    await openai.faults({ hold: "embeddings" });
    const pdf = await handbook();
    const killer = await upload(user, variant(pdf));
    const innocent = await upload(user, variant(pdf));

    await eventually(
      async () => (await active()).length === 2,
      "both documents active",
    );
    await killFunction("worker");
    await expireRuns(sql);
    await eventually(
      async () => {
        const atRisk = await sql`
          select from upload_pipeline.upload_jobs
          where user_id = ${user.id} and state = 'working' and not is_isolated`;
        return atRisk.length === 0;
      },
      "the end of both leases",
    );

    let killed = 0;
    let wasBeside = false;
    await eventually(async () => {
      // As the schedule does every five seconds.
      await sql`select pipeline_internal.sweep()`;
      const [first, ...others] = await active();
      if (first) {
        wasBeside ||= others.length > 0;
        expect(first.is_isolated).toBe(true);
        if (first.document_id === killer.document_id) {
          await killFunction("isolation");
          killed++;
          await expireRuns(sql);
          await eventually(
            async () => {
              const [job] = await sql<{ state: string }[]>`
                select state from upload_pipeline.upload_jobs where job_id = ${killer.job_id}`;
              return job.state !== "working";
            },
            "the end of its lease",
          );
        } else {
          // Keeps the killer from running meanwhile.
          const putOff = (interval: string) =>
            sql`
              update upload_pipeline.upload_jobs set next_attempt_at = now() + ${interval}::interval
              where job_id = ${killer.job_id}`;
          await putOff("1 hour");
          await openai.release();
          await waitFor(user, innocent.document_id, ["complete"]);
          await openai.faults({ hold: "embeddings" });
          await putOff("0");
        }
      }
      const [job] = await sql<{ state: string }[]>`
        select state from upload_pipeline.upload_jobs where job_id = ${killer.job_id}`;
      return job.state === "deadletter";
    }, "the document to be given up");

    expect(killed).toBe(2);
    expect(wasBeside).toBe(false);
    await openai.release();
    await waitFor(user, innocent.document_id, ["complete"]);
    const { body } = await call(
      `/api/documents/${killer.document_id}/status`,
      { user },
    );
    expect(body).toMatchObject({
      status: "failed_embedding",
      state: "deadletter",
      last_error: {
        code: "WORKER_KILLED",
        message: expect.stringContaining("smaller parts"),
      },
    });
    const lost = await sql`
      select document_id, count(*)::int as count from upload_pipeline.events
      where user_id = ${user.id} and code = 'WORKER_LOST' group by 1`;
    expect(new Map(lost.map((row) => [row.document_id, row.count]))).toEqual(
      new Map([[killer.document_id, 2], [innocent.document_id, 1]]),
    );
  });

  it("does not break the function for later suspects", async () => {
    const user = await createUser();
    const { document_id, job_id } = await upload(user);
    await waitFor(user, document_id, ["complete"]);
    // As if workers had died of it: it is chunked and embedded again, alone in the first stage.
    await sql`
      update upload_pipeline.upload_jobs set is_isolated = true where job_id = ${job_id}`;
    await sql`select pipeline_internal.rechunk(${document_id})`;
    await pause(500);
    await waitFor(user, document_id, ["complete"]);
    const runs = await eventually(
      async () => {
        const rows = await sql<{ stage: string; ended_by: string }[]>`
          select distinct stage, ended_by from pipeline_internal.worker_runs
          where is_alone and settled_count > 0 and stage = 'chunk'`;
        return rows.length > 0 && rows;
      },
      "the run that tried it",
    );
    expect(runs).toEqual([{ stage: "chunk", ended_by: "drained" }]);
  });

  it("is not suspected when a database crash ended its worker", async () => {
    const user = await createUser();
    await openai.faults({ hold: "embeddings" });
    const { document_id, job_id } = await upload(user);
    await eventually(
      async () => (await active()).length === 1,
      "the active document",
    );
    // A claim's writes are flushed to disk within a second.
    await pause(1_000);
    const startedAt = async () =>
      (await sql<{ at: Date; postmaster: Date }[]>`
        select pipeline_internal.database_started_at() as at, pg_postmaster_start_time() as postmaster`)[
        0
      ];
    const before = await startedAt();
    // When one session is killed, Postgres ends all others, as without memory. The worker dies with them.
    const [{ pid }] = await sql<
      { pid: number }[]
    >`select pg_backend_pid() as pid`;
    process.kill(pid, "SIGKILL");
    await killFunction("worker");

    const after = await eventually(
      () => startedAt().catch(() => null),
      "the database to recover",
    );
    expect(after.at.getTime()).toBeGreaterThan(before.at.getTime());
    expect(after.postmaster).toEqual(before.postmaster);
    await openai.release();
    await waitFor(user, document_id, ["complete"]);
    const lost = await sql`
      select code, message from upload_pipeline.events where job_id = ${job_id} and type = 'retry'`;
    expect(lost).toEqual([{
      code: "WORKER_LOST",
      message: "the database was restarted while a worker processed it; it will be tried again",
    }]);
  });
});
