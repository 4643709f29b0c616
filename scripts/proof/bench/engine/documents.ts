import postgres from "postgres";
import { wait } from "../clock.ts";
import type { Job } from "./competitor.ts";
import { SLEEP_PREFIX, STEP_STAGES } from "./noop_stages.ts";

/** Enough that no user comes near the limit on documents in work. */
const USERS = 2_000;

/** Users to own the documents. As the superuser: Auth's tables belong to Auth. */
export async function createUsers(admin: postgres.Sql): Promise<string[]> {
  const rows = await admin<{ id: string }[]>`
    insert into auth.users (id, email, aud, role)
    select gen_random_uuid(), gen_random_uuid() || '@example.test', 'authenticated', 'authenticated'
    from generate_series(1, ${USERS}::int)
    returning id`;
  return rows.map(({ id }) => id);
}

/**
 * Documents as the stage before left them: only the message is missing that puts them at the next stage's door. A job's
 * id is its document's.
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
    -- The message that the stage before has in hand: there is none, so its id is one that pgmq never gives.
    (select least(0, min(message_id)) as id from upload_pipeline.upload_jobs) lowest`;
}

const DEADLOCK = "40P01";

/** Every document, message and run, gone. Waits for invocations that still work on what was left of a backlog. */
export async function removeDocuments(admin: postgres.Sql): Promise<void> {
  while (await takeMessages(admin) + await countRuns(admin) > 0) await wait(20);
  for (let attempt = 1;; attempt++) {
    try {
      await admin`
        truncate upload_pipeline.documents, pipeline_internal.worker_runs, pgmq.q_fetch_result, pgmq.q_chunk, pgmq.q_embed cascade`;
      return;
    } catch (error) {
      // The sweeper looks at the same tables in an order of its own.
      const deadlock = error instanceof postgres.PostgresError &&
        error.code === DEADLOCK;
      if (!deadlock || attempt === 3) throw error;
    }
  }
}

/** @returns how many there were, but for those that are being settled */
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
