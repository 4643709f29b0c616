import postgres from "postgres";
import { wait } from "../clock.ts";
import type { Job } from "./competitor.ts";
import { SLEEP_PREFIX, STEP_STAGES } from "./noop_stages.ts";

/** Enough users that none reaches the limit of active documents. */
const USERS = 2_000;

/** Creates users to own the documents, as the superuser, because Auth owns their tables. */
export async function createUsers(admin: postgres.Sql): Promise<string[]> {
  const rows = await admin<{ id: string }[]>`
    insert into auth.users (id, email, aud, role)
    select gen_random_uuid(), gen_random_uuid() || '@example.test', 'authenticated', 'authenticated'
    from generate_series(1, ${USERS}::int)
    returning id`;
  return rows.map(({ id }) => id);
}

/**
 * Documents as the previous stage left them: only the message in the next stage's queue is missing. A job's id is its
 * document's.
 */
export async function createDocuments(
  sql: postgres.Sql,
  userIds: string[],
  jobs: Job[],
): Promise<void> {
  const rows = jobs.map((job, i) => ({
    id: job.id,
    user_id: userIds[i % userIds.length],
    status: job.kind === "chain" ? "uploaded" : "chunks_stored",
    stage: job.kind === "chain" ? "parse" : "chunk",
    correlation_id: job.sleepMs > 0 ? `${SLEEP_PREFIX}${job.sleepMs}` : null,
  }));
  await sql`
    with given as (
      select * from jsonb_to_recordset(${sql.json(rows)}) as g (
        id uuid, user_id uuid, status text, stage text, correlation_id text)
    ), stored as (
      insert into upload_pipeline.documents (
        document_id, user_id, filename, mime, bytes_len, file_sha256, raw_path)
      select id, user_id, 'bench.pdf', 'application/pdf', 1000, repeat('0', 64), 'user/' || user_id || '/raw/' || id || '.pdf'
      from given
      returning document_id
    )
    insert into upload_pipeline.upload_jobs (job_id, document_id, user_id, status, stage, message_id, correlation_id)
    select g.id, g.id, g.user_id, g.status, g.stage, lowest.id - row_number() over (), g.correlation_id
    from given g
    join stored s on s.document_id = g.id,
    -- The previous stage has no message, so its id is one that pgmq never assigns.
    (select least(0, min(message_id)) as id from upload_pipeline.upload_jobs) lowest`;
}

const DEADLOCK = "40P01";

/** Deletes every document, message and run. Waits for invocations that still work on a backlog. */
export async function removeDocuments(admin: postgres.Sql): Promise<void> {
  while (await takeMessages(admin) + await countRuns(admin) > 0) await wait(20);
  for (let attempt = 1;; attempt++) {
    try {
      await admin`
        truncate upload_pipeline.documents, pipeline_internal.worker_runs, pgmq.q_fetch_result, pgmq.q_chunk, pgmq.q_embed cascade`;
      return;
    } catch (error) {
      // The sweeper locks the same tables in another order.
      const deadlock = error instanceof postgres.PostgresError &&
        error.code === DEADLOCK;
      if (!deadlock || attempt === 3) throw error;
    }
  }
}

/** @returns the number of messages, without those that are being settled */
async function takeMessages(admin: postgres.Sql): Promise<number> {
  let count = 0;
  for (const stage of STEP_STAGES) {
    const queue = admin(`pgmq.q_${stage}`);
    const taken = await admin`
      delete from ${queue} where msg_id in (select msg_id from ${queue} for update skip locked)`;
    count += taken.count;
  }
  return count;
}

async function countRuns(admin: postgres.Sql): Promise<number> {
  const [{ count }] = await admin<{ count: number }[]>`
    select count(*)::int as count from pipeline_internal.worker_runs
    where started_at is not null and ended_at is null`;
  return count;
}
