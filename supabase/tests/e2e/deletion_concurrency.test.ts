import type postgres from "postgres";
import { describe, expect, it } from "vitest";
import { isPending, settlementOf, useEngine } from "./engine_sessions.ts";

const ROUNDS = 12;
const WORKERS = 6;
const DOCUMENTS = 12;

describe("deleting a user with many active documents", { retry: 0 }, () => {
  const { sql, stage, current, createJobs, claim, settleIn, openTransaction } = useEngine();
  const queue = sql(`pgmq.q_${stage}`);

  function deleteUser(userId: string) {
    return sql`delete from auth.users where id = ${userId}`.execute();
  }

  async function documentsOf(userId: string): Promise<number> {
    const [{ count }] = await sql`
      select count(*)::int from upload_pipeline.documents where user_id = ${userId}`;
    return count;
  }

  it("waits for a running settlement, which still needs the documents", async () => {
    await createJobs(3);
    const held = await claim(sql, 3);
    let worker!: postgres.ISql;
    const settling = await openTransaction((session) => {
      worker = session;
      return session`
        select from pipeline_internal.lock_attempts(array(
          select row(${stage}, msg_id, read_ct)::pipeline_internal.lease
          from unnest(
            ${held.map((lease) => lease.msg_id)}::bigint[],
            ${held.map((lease) => lease.read_ct)}::int[]) l (msg_id, read_ct)))`;
    });
    const deletion = deleteUser(current.userId);
    expect(await isPending(deletion)).toBe(true);

    expect(
      await settleIn(
        worker,
        stage,
        held.map((lease) => settlementOf(lease, "reject")),
      ),
    ).toHaveLength(3);
    await settling.finish("commit");
    await deletion;
    expect(await documentsOf(current.userId)).toBe(0);
  });

  it("returns nothing from a claim that waited for the deletion of a lost attempt's document", async () => {
    const [jobId] = await createJobs(1);
    const [lost] = await claim(sql, 1);
    await sql`select pgmq.set_vt(${stage}, ${lost.msg_id}, 0)`;
    const deletion = await openTransaction((session) =>
      session`
        delete from upload_pipeline.documents where document_id = (
          select document_id from upload_pipeline.upload_jobs where job_id = ${jobId})`
    );
    const next = claim(sql, 1);
    expect(await isPending(next)).toBe(true);
    await deletion.finish("commit");

    expect(await next).toEqual([]);
    const messages = await sql`select from ${queue} where msg_id = ${lost.msg_id}`;
    expect(messages).toHaveLength(0);
  });

  it("waits for the user's own deletion of a document, which names the user in the audit log", async () => {
    const [jobId] = await createJobs(2);
    const { userId } = current;
    const [{ document_id, message_id }] = await sql`
      select document_id, message_id from upload_pipeline.upload_jobs where job_id = ${jobId}`;
    const gate = await openTransaction((session) =>
      session`select from ${queue} where msg_id = ${message_id} for update`
    );
    const own = sql`
      select pipeline_internal.delete_document(${userId}, ${document_id}) as deleted`
      .execute();
    expect(await isPending(own)).toBe(true);
    const deletion = deleteUser(userId);
    expect(await isPending(deletion)).toBe(true);

    await gate.finish("commit");
    expect(await own).toEqual([{ deleted: true }]);
    await deletion;
    expect(await documentsOf(userId)).toBe(0);
  });

  it("counts charges that are recorded meanwhile, without naming the user", async () => {
    const [jobId] = await createJobs(1);
    const { userId } = current;
    const charged = async () => {
      const [{ cents }] = await sql`
        select coalesce(sum(cents), 0)::float8 as cents from pipeline_internal.daily_costs`;
      return cents;
    };
    const before = await charged();
    const deletion = await openTransaction((session) => session`delete from auth.users where id = ${userId}`);
    // A charge of an attempt without a lease, and one of a search.
    const charge = {
      key: crypto.randomUUID(),
      purpose: "parse",
      model: "agentic",
      quantity: 1,
      job_id: jobId,
      user_id: userId,
    };
    await sql`select pipeline_internal.record_charges(${sql.json([charge])})`;
    await sql`select pipeline_internal.record_search(${userId}, 'text-embedding-3-small', 1000)`;
    await deletion.finish("commit");

    const named = await sql`
      select user_id from pipeline_internal.charges where user_id = ${userId} or charge_key like ${`%${userId}%`}
      union all select user_id from pipeline_internal.user_costs where user_id = ${userId}`;
    expect(named).toEqual([]);
    expect(await charged()).toBeGreaterThan(before + 1);
  });

  it("ends without a deadlock while workers claim and settle", async () => {
    // A settled job enters the same stage again, with a new message.
    await sql`update pipeline_internal.stages set next_stage = stage where stage = ${stage}`;
    for (let round = 0; round < ROUNDS; round++) {
      await createJobs(DOCUMENTS);
      const { userId } = current;
      let gone = false;

      const work = async (worker: number) => {
        for (let turn = worker; !gone; turn++) {
          const held = await claim(sql, 1 + turn % 5);
          // Only a few jobs are rejected, so that there is work until the end.
          const settlements = held.map((lease, n) => settlementOf(lease, (n + turn) % 11 ? "done" : "reject"));
          await settleIn(sql, stage, settlements.toReversed());
        }
      };
      const workers = Array.from({ length: WORKERS }, (_, n) => work(n));
      const deletion = new Promise((resolve) => setTimeout(resolve, 3 * round))
        .then(() => deleteUser(userId)).finally(() => gone = true);
      await Promise.all([deletion, ...workers]);
      expect(await documentsOf(userId)).toBe(0);
    }
  });
});
