import type postgres from "postgres";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isPending, type Registered, settlementOf, useEngine } from "./engine_sessions.ts";

/** Each pair would deadlock if one of the two took its locks in the other order. */
describe(
  "transactions with several locks do not deadlock",
  { retry: 0 },
  () => {
    const {
      sql,
      stage,
      current,
      createUser,
      setLimits,
      register,
      claimIn,
      settleIn,
      keepWorkersAway,
      openTransaction,
    } = useEngine();

    beforeEach(async () => {
      await keepWorkersAway();
      await createUser();
    });
    afterEach(async () => {
      await sql.begin(async (tx) => {
        await tx`select set_config('storage.allow_delete_query', 'true', true)`;
        await tx`delete from storage.objects where split_part(name, '/', 2) = ${current.userId}`;
      });
    });

    /** Documents of the user whose bytes have arrived. */
    async function arrive(count: number): Promise<string[]> {
      const jobIds: string[] = [];
      for (let n = 0; n < count; n++) jobIds.push(await arriveOne(n));
      return jobIds;
    }

    async function arriveOne(n: number): Promise<string> {
      const [{ job_id, raw_path }] = await register(sql, n);
      await startProcessing(raw_path);
      return job_id;
    }

    function startProcessing(rawPath: string) {
      return sql`select pipeline_internal.start_processing(${rawPath})`
        .execute();
    }

    /** Documents of the user that failed in parsing. */
    async function giveUp(count: number): Promise<string[]> {
      await setLimits({ active_documents_per_user: count });
      const jobIds = await arrive(count);
      for (let settled = 0; settled < count;) {
        const held = await claimIn(sql, "parse", count);
        const rejects = held.map((lease) => settlementOf(lease, "reject"));
        settled += (await settleIn(sql, "parse", rejects)).length;
      }
      return jobIds;
    }

    function lockUserQueue() {
      return openTransaction((session) =>
        session`select pipeline_internal.lock_user_queue(${current.userId})`
          .execute()
      );
    }

    function lockJob(jobId: string) {
      return openTransaction((session) =>
        session`
        select from upload_pipeline.upload_jobs where job_id = ${jobId} for update`
          .execute()
      );
    }

    function deleteUser() {
      return sql`delete from auth.users where id = ${current.userId}`.execute();
    }

    function redrive(jobId: string) {
      return sql<{ redriven: boolean }[]>`
      select pipeline_internal.redrive(${jobId}) as redriven`.execute();
    }

    function redriveAll() {
      return sql<{ count: number }[]>`
      select redriven_count::int as count
      from pipeline_internal.redrive_all(p_user_id => ${current.userId}, p_dry_run => false)`
        .execute();
    }

    function retry(jobId: string) {
      return sql`
      select pipeline_internal.retry_job(${current.userId}, ${jobId}, 'lock_order')`
        .execute();
    }

    it("a charge of a lost lease and the redrive of its job", async () => {
      await setLimits({
        active_documents_per_user: 2,
        monthly_budget_cents_per_user: 1_000_000,
      });
      const [lostId, keptId] = await arrive(2);
      const held = await claimIn(sql, "parse", 2);
      const leaseOf = (jobId: string) => held.find((lease) => lease.job_id === jobId)!;
      const lost = leaseOf(lostId);
      await sql`select pgmq.set_vt('parse', ${lost.msg_id}, 0)`;
      // This claim counts the lost attempt.
      expect(await claimIn(sql, "parse", 1)).toEqual([]);
      await sql`select pgmq.set_vt('parse', ${lost.msg_id}, 0)`;
      const [other] = await claimIn(sql, "parse", 1);
      expect(other.job_id).toBe(lostId);
      await settleIn(sql, "parse", [settlementOf(other, "reject")]);

      // The worker that lost the lease also holds another of the user's documents, and blocks while it settles that one.
      const gate = await openTransaction((session) =>
        session`
        select from upload_pipeline.documents d join upload_pipeline.upload_jobs j using (document_id)
        where j.job_id = ${keptId} for update of d`.execute()
      );
      const settlement = settleIn(sql, "parse", [
        {
          ...settlementOf(lost, "reject"),
          charges: [{
            key: `lock_order:${lostId}`,
            purpose: "parse",
            model: "cost_effective",
            quantity: 1,
            job_id: lostId,
          }],
        },
        settlementOf(leaseOf(keptId), "reject"),
      ]);
      expect(await isPending(settlement)).toBe(true);
      const redriven = redrive(lostId);
      await isPending(redriven);
      await gate.finish("commit");

      expect(await settlement).toEqual([leaseOf(keptId).msg_id]);
      expect(await redriven).toEqual([{ redriven: true }]);
    });

    it("a redrive and the deletion of the account", async () => {
      const [jobId] = await giveUp(1);
      const gate = await lockUserQueue();
      const redriven = redrive(jobId);
      expect(await isPending(redriven)).toBe(true);
      const deletion = deleteUser();
      expect(await isPending(deletion)).toBe(true);
      await gate.finish("commit");

      expect(await redriven).toEqual([{ redriven: true }]);
      await deletion;
    });

    it("a bulk redrive, a worker and the deletion of the account", async () => {
      await giveUp(1);
      await arriveOne(1);
      const [lease] = await claimIn(sql, "parse", 1);
      let worker!: postgres.ISql;
      const settling = await openTransaction((session) => {
        worker = session;
        return session`
        select from pipeline_internal.lock_attempts(
            array[row('parse', ${lease.msg_id}, ${lease.read_ct})::pipeline_internal.lease])`;
      });
      const gate = await lockUserQueue();
      const redriven = redriveAll();
      expect(await isPending(redriven)).toBe(true);
      const deletion = deleteUser();
      expect(await isPending(deletion)).toBe(true);
      await gate.finish("commit");
      await isPending(redriven);

      expect(await settleIn(worker, "parse", [settlementOf(lease, "reject")]))
        .toHaveLength(1);
      await settling.finish("commit");
      expect(await redriven).toEqual([{ count: 1 }]);
      await deletion;
    });

    it.each([
      { other: "a redrive of many", begins: redriveAll },
      { other: "the owner's retry", begins: retry },
    ])("a redrive and $other", async ({ begins }) => {
      const [jobId] = await giveUp(1);
      const gate = await lockUserQueue();
      const other = begins(jobId);
      expect(await isPending(other)).toBe(true);
      const one = redrive(jobId);
      await isPending(one);
      await gate.finish("commit");

      await Promise.all([one, other]);
      const messages = await sql`
      select from pgmq.q_parse where message ->> 'job_id' = ${jobId}`;
      expect(messages).toHaveLength(1);
    });

    it.each([
      { order: "arrival order", sign: 1 },
      { order: "reverse order", sign: -1 },
    ])(
      "advancing the user queue in $order and the deletion of the account",
      async ({ sign }) => {
        await setLimits({ active_documents_per_user: 1 });
        // The first document is active, and the others wait in the user queue.
        const jobIds = await arrive(4);
        await sql`
      update upload_pipeline.upload_jobs set user_queued_at = now() + ${sign}::int * (user_queued_at - now())
      where user_id = ${current.userId} and user_queued_at is not null`;
        await setLimits({ active_documents_per_user: 4 });
        const gate = await lockJob(jobIds[2]);
        const advanced = sql<{ count: number }[]>`
      select pipeline_internal.advance_user_queues(${[
          current.userId,
        ]}::uuid[]) as count`
          .execute();
        expect(await isPending(advanced)).toBe(true);
        const deletion = deleteUser();
        expect(await isPending(deletion)).toBe(true);
        await gate.finish("commit");

        expect(await advanced).toEqual([{ count: 3 }]);
        await deletion;
        const messages = await sql`
      select from pgmq.q_parse where (message ->> 'job_id')::uuid = any (${jobIds})`;
        expect(messages).toHaveLength(0);
      },
    );

    it("registering several documents and the search for orphaned files", async () => {
      await sql`
      insert into storage.objects (bucket_id, name, updated_at)
      select 'files', format('user/%s/raw/%s.pdf', u.id, pipeline_internal.document_id(u.id, lpad(to_hex(n), 64, '0'))),
             now() - interval '1 day'
      from auth.users u, generate_series(0, 11) n where u.id = ${current.userId}`;
      let registrar!: postgres.ISql;
      const registration = await openTransaction((session) => {
        registrar = session;
        return register(session, 0);
      });
      const removal = sql<{ count: number }[]>`
      select pipeline_internal.remove_orphans()::int as count`.execute();
      expect(await isPending(removal)).toBe(false);
      for (let n = 1; n < 12; n++) await register(registrar, n);
      await registration.finish("commit");

      expect(await removal).toEqual([{ count: 11 }]);
    });

    describe("arriving bytes and the reconciler", () => {
      it.each([
        "when it has found the same bytes",
        "when it closes the same upload, which has expired",
      ])("%s", async (when) => {
        const [missed] = await register(sql, 0);
        const [expired] = await register(sql, 1);
        const gate = await lockUserQueue();
        await storeUnnoticed(missed);
        await sql`
        update upload_pipeline.upload_jobs set upload_expires_at = now() - interval '1 hour'
        where job_id = ${expired.job_id}`;
        const reconciled = sql`select from pipeline_internal.reconcile()`
          .execute();
        expect(await isPending(reconciled)).toBe(true);
        const arrived = startProcessing(
          (when.includes("expired") ? expired : missed).raw_path,
        );
        expect(await isPending(arrived)).toBe(true);
        await gate.finish("commit");

        await Promise.all([reconciled, arrived]);
        const jobs = await sql`
        select status from upload_pipeline.upload_jobs where user_id = ${current.userId} order by job_id = ${missed.job_id} desc`;
        expect(jobs[0].status).not.toBe("awaiting_upload");
        expect(jobs[1].status).not.toBe("awaiting_upload");
      });

      it("a worker's late settlement and the reconciler that has declared its run dead", async () => {
        await arriveOne(1);
        const [lease] = await claimIn(sql, "parse", 1);
        const [missed] = await register(sql, 0);
        const gate = await lockUserQueue();
        await storeUnnoticed(missed);
        const [{ run_id }] = await sql`
        insert into pipeline_internal.worker_runs (stage, started_at, heartbeat_at)
        values (${stage}, now() - interval '1 hour', now() - interval '1 hour') returning run_id`;
        const reconciled = sql`select from pipeline_internal.reconcile()`
          .execute();
        expect(await isPending(reconciled)).toBe(true);
        const settled = sql`
        select settled from pipeline_internal.settle_and_continue(
          'parse', array(
            select s from jsonb_populate_recordset(null::pipeline_internal.settlement, ${
          sql.json([settlementOf(lease, "reject")])
        }) s), p_run_id => ${run_id}, p_limit => 1)`.execute();
        expect(await isPending(settled)).toBe(true);
        await gate.finish("commit");

        await reconciled;
        expect(await settled).toEqual([{ settled: [lease.msg_id] }]);
      });

      /** Stores the job's bytes in Storage without the trigger noticing the waiting job. */
      async function storeUnnoticed(
        { job_id, raw_path }: Registered,
      ): Promise<void> {
        await sql.begin(async (tx) => {
          const move = (
            status: string,
            state: string,
            finishedAt: Date | null,
          ) =>
            tx`
            update upload_pipeline.upload_jobs
            set status = ${status}, state = ${state}, finished_at = ${finishedAt} where job_id = ${job_id}`;
          await move("expired", "done", new Date());
          await tx`
          insert into storage.objects (bucket_id, name, metadata)
          values ('files', ${raw_path}, '{"size": 1000}')`;
          await move("awaiting_upload", "queued", null);
        });
      }
    });
  },
);
