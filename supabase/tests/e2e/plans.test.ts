import type postgres from "postgres";
import { describe, expect, it } from "vitest";
import { useEngine } from "./engine_sessions.ts";

const MANY = 2_000;
const QUEUE = "pgmq.q_embed";
const JOBS = "upload_pipeline.upload_jobs";

/** A session keeps its plans, and a table may be ten thousand times as long a second after they were made. */
describe(
  "what workers ask costs the same when a table has filled up since they asked first",
  { retry: 0 },
  () => {
    const { sql, stage, current, createJobs, claim, settleIn } = useEngine();

    /** In a transaction that leaves nothing behind, on a session that has planned nothing yet. */
    async function undone(
      work: (session: postgres.ReservedSql) => Promise<void>,
    ): Promise<void> {
      const session = await sql.reserve();
      try {
        await session`begin`;
        await session`discard plans`;
        await work(session);
      } finally {
        await session`rollback`;
        session.release();
      }
    }

    it("of a queue", async () => {
      // To the planner it now looks as if the queue were always empty.
      await sql`vacuum analyze ${sql(QUEUE)}`;
      await undone(async (session) => {
        const questions = (id: string) => ({
          read: () =>
            session`select from pipeline_internal.read_messages('embed', 1, 60)`,
          lock: () =>
            session`select from pipeline_internal.lock_messages('embed', array[${id}]::bigint[])`,
          postpone: () =>
            session`select from pipeline_internal.postpone_messages('embed', array[${id}]::bigint[], now())`,
          delete: () =>
            session`select from pipeline_internal.delete_messages('embed', array[${id}]::bigint[])`,
          due: () =>
            session`select from pipeline_internal.due_message('embed')`,
        });
        for (const ask of Object.values(questions("1"))) await ask();
        const [{ middle }] = await session<{ middle: string }[]>`
        select percentile_disc(0.5) within group (order by msg_id)::text as middle
        from pipeline_internal.send_messages(
          'embed', array(select gen_random_uuid() from generate_series(1, ${MANY}::int)),
          array_fill(0, array[${MANY}::int]))`;

        for (const [name, ask] of Object.entries(questions(middle))) {
          const count = await rowsRead(session, QUEUE, ask);
          expect.soft(count, name).toBeLessThan(6);
        }
      });
    });

    it("of the jobs", async () => {
      await createJobs(8);
      await sql`vacuum analyze ${sql(JOBS)}`;
      await undone(async (session) => {
        await session`update pipeline_internal.stages set next_stage = 'collect' where stage = ${stage}`;
        const workOne = async () => {
          const [{ msg_id, read_ct }] = await claim(session, 1);
          const done = { msg_id, read_ct, outcome: "done" };
          expect(await settleIn(session, stage, [done])).toHaveLength(1);
        };
        // The first plans of a statement are made anew each time; then one is kept.
        for (let n = 0; n < 7; n++) await workOne();
        await session`
        with document as (
          insert into upload_pipeline.documents (document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path)
          select gen_random_uuid(), ${current.userId}, 'many.pdf', 'application/pdf', 1, repeat('0', 64), n
          from generate_series(1, ${MANY}::int) n
          returning document_id, user_id)
        insert into upload_pipeline.upload_jobs (document_id, user_id) select document_id, user_id from document`;

        expect(await rowsRead(session, JOBS, workOne)).toBeLessThan(50);
      });
    });
  },
);

/** Rows of the table that the session looks at meanwhile. */
async function rowsRead(
  session: postgres.ISql,
  table: string,
  work: () => PromiseLike<unknown>,
): Promise<number> {
  const sum = async () => {
    const [{ count }] = await session<{ count: number }[]>`
      select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as count
      from pg_stat_xact_user_tables where relid = ${table}::regclass`;
    return count;
  };
  const before = await sum();
  await work();
  return await sum() - before;
}
