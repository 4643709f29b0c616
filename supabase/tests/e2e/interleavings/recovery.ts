import type postgres from "postgres";
import { type Ledger, STAGES } from "./ledger.ts";
import type { Random } from "../../../../scripts/dev/seeded_random.ts";
import { claim, claimAlone, doWork, settle, type Settlement } from "./worker.ts";
import { closeCircuits } from "./world.ts";

/** More rounds than any job needs; each round works every stage once. */
const MOST_ROUNDS = 200;

/**
 * Stops the faults: time passes, no message is lost, and correct workers run until no work is left. Returns the
 * violations that remain.
 */
export async function recover(
  sql: postgres.Sql,
  ledger: Ledger,
  random: Random,
): Promise<string[]> {
  while (ledger.held.length > 0) ledger.forget(ledger.held[0]);
  for (const { rawPath } of ledger.jobs.values()) {
    if (random.chance(0.5)) {
      await sql`select pipeline_internal.start_processing(${rawPath})`;
    }
  }
  await sql`
    update upload_pipeline.upload_jobs set upload_expires_at = now() - interval '1 hour'
    where user_id = any (${ledger.userIds}::uuid[]) and status = 'awaiting_upload'`;
  await sql`
    update upload_pipeline.upload_jobs set updated_at = now() - interval '2 minutes'
    where user_id = any (${ledger.userIds}::uuid[]) and message_id is not null`;
  await sql`select * from pipeline_internal.reconcile()`;
  ledger.lostMessages.clear();
  await sql`select pipeline_internal.sweep()`;

  const wrong = await drain(sql, ledger, "1");
  wrong.push(
    ...await unlike(
      /^(complete|expired|failed_parse|failed_chunking|failed_embedding)$/,
      sql,
      ledger,
    ),
  );

  for (const userId of ledger.userIds) {
    const [redriven] = await sql<
      { job_count: string; redriven_count: string }[]
    >`select * from pipeline_internal.redrive_all(p_user_id => ${userId}, p_dry_run => false)`;
    if (redriven.job_count !== redriven.redriven_count) {
      wrong.push(
        `${redriven.redriven_count} of ${redriven.job_count} were redriven`,
      );
    }
  }
  // A new version of the chunker processes all complete documents.
  for (const { documentId } of ledger.jobs.values()) {
    await sql`select pipeline_internal.rechunk(${documentId})`;
  }
  wrong.push(...await drain(sql, ledger, "2"));
  wrong.push(...await unlike(/^(complete|expired)$/, sql, ledger));
  wrong.push(...await remainingMessages(sql, ledger));
  return wrong;
}

async function drain(
  sql: postgres.Sql,
  ledger: Ledger,
  version: string,
): Promise<string[]> {
  const wrong: string[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let claimed = 0;
    await closeCircuits(sql);
    for (const stage of STAGES) {
      // Leases of dead workers have expired, pauses are over, and webhooks have arrived.
      await sql`
        update ${sql(`pgmq.q_${stage}`)} set vt = clock_timestamp() - interval '1 second'
        where (message ->> 'job_id')::uuid = any (${[
        ...ledger.jobs.keys(),
      ]}::uuid[])
          and not exists (
            select from upload_pipeline.upload_jobs j
            where j.stage = ${stage} and j.message_id = msg_id and j.is_isolated and j.state <> 'working')`;
      await sql`
        update upload_pipeline.upload_jobs set next_attempt_at = clock_timestamp()
        where user_id = any (${ledger.userIds}::uuid[]) and stage = ${stage} and is_isolated and next_attempt_at is not null`;
      const leases = [
        ...await claim(sql, stage, 8),
        ...await claimAlone(sql, stage),
      ];
      leases.forEach((lease) => ledger.claimed(lease));
      claimed += leases.length;
      const settlements: Settlement[] = [];
      for (const lease of leases) {
        const output = await doWork(sql, lease, { version });
        if (output && output !== "unfinished") {
          settlements.push({ lease, outcome: "done", output });
        } else {wrong.push(
            `job ${lease.jobId} could not be processed at ${stage}`,
          );}
      }
      if (settlements.length > 0) (await settle(sql, ledger, settlements))();
      leases.forEach((lease) => ledger.forget(lease));
      wrong.push(...await freeSlotsBesideQueue(sql, ledger));
    }
    // A round may claim nothing except attempts that are found to be lost.
    if (claimed === 0) {
      const [{ waiting }] = await sql<{ waiting: number }[]>`
        select count(*)::int as waiting from upload_pipeline.upload_jobs
        where user_id = any (${ledger.userIds}::uuid[]) and message_id is not null`;
      if (waiting === 0) return wrong;
    }
  }
  return [...wrong, `work remains after ${MOST_ROUNDS} rounds`];
}

/**
 * Users with queued documents despite a free slot. A transaction that frees a slot also advances the queue, except that
 * the sweeper fills the slots of an open circuit.
 */
export async function freeSlotsBesideQueue(
  sql: postgres.Sql,
  ledger: Ledger,
): Promise<string[]> {
  const rows = await sql<{ user_id: string }[]>`
    select user_id from upload_pipeline.upload_jobs where user_id = any (${ledger.userIds}::uuid[])
    group by user_id
    having bool_or(user_queued_at is not null)
      and count(*) filter (where message_id is not null)
          < (select active_documents_per_user from pipeline_internal.limits)`;
  return rows.map((row) => `user ${row.user_id} has a free slot and queued documents`);
}

async function unlike(
  ends: RegExp,
  sql: postgres.Sql,
  ledger: Ledger,
): Promise<string[]> {
  const jobs = await sql<{ job_id: string; status: string; state: string }[]>`
    select job_id, status, state from upload_pipeline.upload_jobs
    where user_id = any (${ledger.userIds}::uuid[])`;
  return jobs.filter((job) => !ends.test(job.status)).map((job) =>
    `job ${job.job_id} ended as ${job.status} (${job.state})`
  );
}

async function remainingMessages(
  sql: postgres.Sql,
  ledger: Ledger,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const stage of STAGES) {
    const [{ count }] = await sql<{ count: number }[]>`
      select count(*)::int as count from ${sql(`pgmq.q_${stage}`)}
      where (message ->> 'job_id')::uuid = any (${[
      ...ledger.jobs.keys(),
    ]}::uuid[])`;
    if (count > 0) wrong.push(`${count} messages remain on ${stage}`);
  }
  return wrong;
}
