import postgres from "postgres";
import { beforeEach, describe, expect, it } from "vitest";
import { isPending, settlementOf, useEngine } from "./engine_sessions.ts";
import { ownStack } from "./stacks.ts";

const adminUrl = ownStack?.adminDatabaseUrl;

interface Message {
  event_no: number;
  document_id: string;
  status: string;
  state: string;
  more?: Omit<Message, "more">[];
}

describe("messages to one user from several transactions", { retry: 0 }, () => {
  const { sql, stage, current, createUser, createJobs, register, claim, settleIn, keepWorkersAway, openTransaction } =
    useEngine();

  beforeEach(() => keepWorkersAway());

  function messages(userId = current.userId) {
    return sql<{ payload: Message }[]>`
      select payload from realtime.messages where topic = ${`user:${userId}`}
      order by (payload ->> 'event_no')::bigint`.then((rows) => rows.map(({ payload }) => payload));
  }

  function move(session: postgres.ISql, jobId: string, error: string) {
    return session`
      update upload_pipeline.upload_jobs set last_error = ${sql.json({ code: error, message: error })}
      where job_id = ${jobId}`.execute();
  }

  /** Takes the numbers of the open transaction, as its commit would, and keeps it open. */
  function beginCommit(session: postgres.ISql) {
    return session`set constraints all immediate`.execute();
  }

  it("have numbers without gaps, and the last one of each document says its status", async () => {
    await createJobs(24);
    const worker = async () => {
      for (;;) {
        const held = await claim(sql, 3);
        if (held.length === 0) return;
        const outcomes = held.map((lease, i) => settlementOf(lease, i === 1 ? "retry" : "reject"));
        await settleIn(sql, stage, outcomes);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));

    const sent = await messages();
    expect(sent.map(({ event_no }) => event_no)).toEqual(sent.map((_, i) => i + 1));
    const last = new Map<string, Message>();
    for (const { more = [], ...first } of sent) {
      for (const move of [...more].reverse()) last.set(move.document_id, move);
      last.set(first.document_id, first);
    }
    const shown = await sql`
      select document_id, status, state from upload_pipeline.document_status where user_id = ${current.userId}`;
    expect(shown).toHaveLength(24);
    for (const { document_id, status, state } of shown) {
      expect(last.get(document_id)).toMatchObject({ status, state });
    }
  });

  it("are numbered in the order of commits, and a number that rolls back is used again", async () => {
    const [first, second, third] = await createJobs(3);
    const before = (await messages()).length;
    const early = await openTransaction((session) => move(session, first, "EARLY"));
    await move(sql, second, "FIRST_COMMIT");
    let numbered!: postgres.ISql;
    const held = await openTransaction(async (session) => {
      numbered = session;
      await move(session, third, "ROLLED_BACK");
    });
    await beginCommit(numbered);
    const committing = early.finish("commit");
    expect(await isPending(committing)).toBe(true);
    await held.finish("rollback");
    await committing;

    const sent = await sql`
      select (payload ->> 'event_no')::int as event_no, payload #>> '{last_error,code}' as code
      from realtime.messages where topic = ${`user:${current.userId}`} and (payload ->> 'event_no')::int > ${before}
      order by 1`;
    expect([...sent]).toEqual([
      { event_no: before + 1, code: "FIRST_COMMIT" },
      { event_no: before + 2, code: "EARLY" },
    ]);
  });

  it("say what a transaction changed that was numbered before", async () => {
    const [jobId] = await createJobs(1);
    let warner!: postgres.ISql;
    const warned = await openTransaction(async (session) => {
      warner = session;
      await session`
        update upload_pipeline.documents set warnings = '[{"code": "PAGES_EMPTY", "message": "", "pages": [1]}]'
        where document_id = (select document_id from upload_pipeline.upload_jobs where job_id = ${jobId})`;
    });
    await beginCommit(warner);
    const moved = move(sql, jobId, "LATER");
    expect(await isPending(moved)).toBe(true);
    await warned.finish("commit");
    await moved;
    expect((await messages()).at(-1)).toMatchObject({
      last_error: { code: "LATER" },
      warnings: [{ code: "PAGES_EMPTY" }],
    });
  });

  it("of batches of the same users in opposite order do not deadlock", async () => {
    const jobs: Record<string, string[]> = {};
    for (let n = 0; n < 2; n++) {
      const jobIds = await createJobs(2);
      jobs[current.userId] = jobIds;
    }
    const owners = Object.keys(jobs).sort();
    let holder!: postgres.ISql;
    const gate = await openTransaction(async (session) => {
      holder = session;
      await session`
        update upload_pipeline.documents set warnings = '[{"code": "PAGES_EMPTY", "message": "", "pages": [1]}]'
        where user_id = ${owners[0]} and document_id = (
          select document_id from upload_pipeline.upload_jobs where job_id = ${jobs[owners[0]][0]})`;
    });
    await beginCommit(holder);
    const both = async (order: string[], nth: number) => {
      const batch = await openTransaction(async (session) => {
        for (const owner of order) await move(session, jobs[owner][nth], "BATCH");
      });
      await batch.finish("commit");
    };
    const commits = Promise.allSettled([both(owners, 0), both(owners.toReversed(), 1)]);
    expect(await isPending(commits)).toBe(true);
    await gate.finish("commit");
    expect((await commits).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    for (const owner of owners) {
      const sent = await messages(owner);
      expect(sent.map(({ event_no }) => event_no)).toEqual(sent.map((_, i) => i + 1));
    }
  });

  it("end with the account, also one that is deleted during a commit", async () => {
    await createUser();
    const userId = current.userId;
    const first = await openTransaction((session) => register(session, 1));
    const deletion = sql`delete from auth.users where id = ${userId}`.execute();
    expect(await isPending(deletion)).toBe(true);
    await first.finish("commit");
    await deletion;
    expect(await messages(userId)).toEqual([]);
    expect(await sql`select from upload_pipeline.live_events where user_id = ${userId}`).toHaveLength(0);
  });

  it.runIf(adminUrl)("never stop a document where Realtime is missing or fails", async () => {
    const [jobId] = await createJobs(1);
    const admin = postgres(adminUrl!, { max: 1, onnotice: () => {} });
    const withoutRealtime = async (fault: string, expected: { used: number; unsent: number }) => {
      const undone = admin.begin(async (tx) => {
        const [{ last }] = await tx`
          select max(event_no)::int as last from upload_pipeline.live_events where user_id = ${current.userId}`;
        await tx.unsafe(fault);
        await move(tx, jobId, "WITHOUT_REALTIME");
        await tx`set constraints all immediate`;
        const [found] = await tx`
          select count(*)::int as used, count(*) filter (where not is_sent)::int as unsent
          from upload_pipeline.live_events where user_id = ${current.userId} and event_no > ${last}`;
        expect({ ...found }, fault).toEqual(expected);
        throw "undo";
      });
      await expect(undone).rejects.toBe("undo");
    };
    try {
      await withoutRealtime("drop schema realtime cascade", { used: 0, unsent: 0 });
      await withoutRealtime("alter function realtime.send(jsonb, text, text, boolean) rename to sent_elsewhere", {
        used: 1,
        unsent: 1,
      });
      await withoutRealtime(
        `do $$ begin execute 'drop table ' || (
          select string_agg(inhrelid::regclass::text, ', ') from pg_inherits
          where inhparent = 'realtime.messages'::regclass); end $$`,
        { used: 1, unsent: 1 },
      );
      await withoutRealtime("revoke execute on function realtime.send from public, postgres", { used: 1, unsent: 1 });
      await withoutRealtime(
        `create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true)
         returns void language plpgsql as 'begin raise exception ''out of order''; end'`,
        { used: 1, unsent: 1 },
      );
    } finally {
      await admin.end();
    }
  });
});
