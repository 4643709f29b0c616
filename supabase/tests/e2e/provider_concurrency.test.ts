import { afterEach, describe, expect, it } from "vitest";
import { isPending, useEngine } from "./engine_sessions.ts";

describe(
  "a provider's budget and circuit under concurrency",
  { retry: 0 },
  () => {
    const {
      sql,
      stage,
      createJobs,
      register,
      claimIn,
      claim,
      openTransaction,
    } = useEngine();

    it("concurrent claims consume no more than the request bucket holds", async () => {
      await createJobs(20);
      await addProvider(7);
      const claims = await Promise.all(
        Array.from({ length: 15 }, () => claim(sql, 2)),
      );
      // A claim skips locked messages and may return fewer; the next one gets the rest.
      claims.push(await claim(sql, 30));
      expect(claims.flat()).toHaveLength(7);
      expect(await claim(sql, 30)).toEqual([]);
    });

    it("of concurrent reservations only those that fit are admitted", async () => {
      await addProvider(7);
      const waits = await Promise.all(
        Array.from({ length: 20 }, () =>
          sql<{ wait: number }[]>`
          select pipeline_internal.reserve(${stage}, 1, 0) as wait`),
      );
      expect(waits.filter(([{ wait }]) => wait === 0)).toHaveLength(7);
    });

    it("one of many claims gets the probe when it is due", async () => {
      await createJobs(20);
      await addProvider(100);
      await sql`
      update pipeline_internal.providers
      set opened_at = now() - interval '1 minute', probe_at = now(), open_count = 1 where provider = ${stage}`;
      const claims = await Promise.all(
        Array.from({ length: 15 }, () => claim(sql, 2)),
      );
      expect(claims.flat()).toHaveLength(1);
    });

    it("continuing inline into a stage does not deadlock with a starting run when the circuit opens", async () => {
      const before = `${stage}_before`;
      await addStageBefore(before);
      try {
        // One job that will continue inline, and one in the next stage that is not due yet.
        await createJobs(1);
        const [{ job_id }] = await register(sql, 1);
        await sql`select pipeline_internal.enqueue(array[${job_id}::uuid], ${before})`;
        const [{ msg_id, read_ct }] = await claimIn(sql, before, 1);
        await setDue("1 hour");
        await addProvider(100);
        await sql`
        update pipeline_internal.stages set requests_per_message = 0, max_invocations = 3 where stage = ${stage}`;

        // The continuing run reaches the stage and blocks on another session's row with its run id.
        const runId = crypto.randomUUID();
        const called = await openTransaction((session) =>
          session`insert into pipeline_internal.worker_runs (run_id, stage) values (${runId}, ${stage})`
            .execute()
        );
        const done = sql.json([{ msg_id, read_ct, outcome: "done" }]);
        const following = sql`
        select next_stage from pipeline_internal.settle_and_continue(
          ${before}, array(select s from jsonb_populate_recordset(null::pipeline_internal.settlement, ${done}) s),
          p_next_run_id => ${runId})`
          .execute();
        expect(await isPending(following)).toBe(true);
        await sql`
        update pipeline_internal.providers
        set opened_at = now() - interval '1 minute', probe_at = now(), open_count = 1 where provider = ${stage}`;
        await setDue("0");
        const starting = sql`
        select to_jsonb(attempts) as attempts from pipeline_internal.start_run(${stage}, ${crypto.randomUUID()})`
          .execute();
        expect(await isPending(starting)).toBe(true);
        await called.finish("rollback");

        expect(await following).toEqual([{ next_stage: stage }]);
        expect((await starting)[0].attempts).toHaveLength(1);
      } finally {
        await sql`delete from pipeline_internal.worker_runs where stage = ${before}`;
        await sql`delete from auth.users where id in (
        select user_id from upload_pipeline.upload_jobs where stage = ${before})`;
        await sql`delete from pipeline_internal.stages where stage = ${before}`;
        await sql`select pgmq.drop_queue(${before})`;
        await sql`update pipeline_internal.stages set max_invocations = 1 where stage = ${stage}`;
      }
    });

    /** Adds a stage before the test's own; its only invocation is occupied, so that no worker is called. */
    async function addStageBefore(name: string): Promise<void> {
      await sql`
      insert into pipeline_internal.stages (
        stage, entry_status, working_status, failed_status, redrive_stage, next_stage,
        max_attempts, backoff_base_seconds, backoff_cap_seconds, jitter, lease_seconds, slots, batch, max_invocations)
      values (${name}, 'uploaded', 'uploaded', 'failed_parse', ${name}, ${stage}, 5, 2, 300, 0, 60, 2, 30, 1)`;
      await sql`select pgmq.create(${name})`;
      await sql`
      insert into pipeline_internal.worker_runs (stage, started_at, heartbeat_at)
      values (${name}, now(), now() + interval '1 hour')`;
    }

    const setDue = (after: string) =>
      sql`
      update ${sql(`pgmq.q_${stage}`)} set vt = clock_timestamp() + ${after}::interval`;

    async function addProvider(burst: number): Promise<void> {
      await sql`
      insert into pipeline_internal.providers (
        provider, requests_per_minute, request_burst, tokens_per_minute, token_burst, request_level, token_level)
      values (${stage}, 0.001, ${burst}, 1, 1, ${burst}, 1)`;
      await sql`
      update pipeline_internal.stages set provider = ${stage}, requests_per_message = 1 where stage = ${stage}`;
    }

    afterEach(async () => {
      await sql`
      update pipeline_internal.stages set provider = null, requests_per_message = 0 where stage = ${stage}`;
      await sql`delete from pipeline_internal.providers where provider = ${stage}`;
    });
  },
);
