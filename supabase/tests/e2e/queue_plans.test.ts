import type postgres from "postgres";
import { afterAll, expect, it } from "vitest";
import { connect } from "./harness.ts";

const MESSAGES = 20_000;
const QUEUE = "pgmq.q_embed";

const sql = connect();
afterAll(() => sql.end());

it("what workers ask of a queue costs the same when it has filled up since they asked first", async () => {
  // To the planner it now looks as if the queue were always empty.
  await sql`vacuum analyze ${sql(QUEUE)}`;
  const session = await sql.reserve();
  try {
    await session`begin`;
    for (const ask of Object.values(questions(session, "1"))) await ask();
    const [{ middle }] = await session<{ middle: string }[]>`
      select percentile_disc(0.5) within group (order by msg_id)::text as middle
      from pipeline_internal.send_messages(
        'embed', array(select gen_random_uuid() from generate_series(1, ${MESSAGES}::int)),
        array_fill(0, array[${MESSAGES}::int]))`;

    for (const [name, ask] of Object.entries(questions(session, middle))) {
      const before = await rowsRead(session);
      await ask();
      expect.soft(await rowsRead(session) - before, name).toBeLessThan(6);
    }
  } finally {
    await session`rollback`;
    session.release();
  }
});

function questions(session: postgres.ISql, id: string) {
  return {
    read: () =>
      session`select from pipeline_internal.read_messages('embed', 1, 60)`,
    lock: () =>
      session`select from pipeline_internal.lock_messages('embed', array[${id}]::bigint[])`,
    postpone: () =>
      session`select from pipeline_internal.postpone_messages('embed', array[${id}]::bigint[], now())`,
    delete: () =>
      session`select from pipeline_internal.delete_messages('embed', array[${id}]::bigint[])`,
    due: () => session`select from pipeline_internal.due_message('embed')`,
  };
}

/** Rows of the queue that the session's transaction has looked at. */
async function rowsRead(session: postgres.ISql): Promise<number> {
  const [{ count }] = await session<{ count: number }[]>`
    select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as count
    from pg_stat_xact_user_tables where relid = ${QUEUE}::regclass`;
  return count;
}
