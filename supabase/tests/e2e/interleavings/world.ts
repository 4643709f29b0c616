import type postgres from "postgres";
import { Ledger, STAGES } from "./ledger.ts";

export const WORLD = {
  users: 3,
  documentsPerUser: 8,
  /** Identifies this test's webhook deliveries. */
  eventPrefix: "interleavings-",
};

/**
 * Occupies all invocations and waits for running workers; returns a function that releases them. The database's
 * schedules keep running without calling a worker, and runs that start without a call still find capacity.
 */
export async function keepWorkersAway(
  sql: postgres.Sql,
): Promise<() => Promise<void>> {
  const placeholders = await sql<{ run_id: string }[]>`
    insert into pipeline_internal.worker_runs (stage, called_at, is_alone)
    select s.stage, now() + interval '1 day', n = 0
    from pipeline_internal.stages s, generate_series(0, s.max_invocations) n
    returning run_id`;
  const ids = placeholders.map((row) => row.run_id);
  const deadline = Date.now() + 30_000;
  for (;;) {
    const [{ busy }] = await sql<{ busy: number }[]>`
      select count(*)::int as busy
      from pipeline_internal.live_runs r join pipeline_internal.stages using (stage)
      where r.run_id <> all (${ids}::uuid[])`;
    if (busy === 0) break;
    if (Date.now() > deadline) throw new Error("workers do not come to rest");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return async () => {
    // Removes what never existed at the provider or in Storage, and messages without a job, before workers return.
    await sql`delete from pipeline_internal.parse_cancellations`;
    await sql`delete from pipeline_internal.file_cleanups`;
    for (
      const { stage } of await sql`select stage from pipeline_internal.stages`
    ) {
      await sql`select pgmq.purge_queue(${stage})`;
    }
    await sql`delete from pipeline_internal.worker_runs where run_id = any (${ids}::uuid[])`;
  };
}

/** Creates the same users for the same seed, and so the same document ids. */
export async function createWorld(
  sql: postgres.Sql,
  seed: number,
): Promise<Ledger> {
  const userIds = Array.from(
    { length: WORLD.users },
    (_, n) => `00000000-0000-4000-8000-${(seed * 10 + n).toString(16).padStart(12, "0")}`,
  );
  await sql`
    insert into auth.users (id, email, aud, role)
    select id, id || '@example.test', 'authenticated', 'authenticated'
    from unnest(${userIds}::uuid[]) id`;
  await closeCircuits(sql);
  return new Ledger(userIds);
}

export async function closeCircuits(sql: postgres.Sql): Promise<void> {
  await sql`
    update pipeline_internal.providers
    set failure_count = 0, open_count = 0, fault = null, fault_count = 0, opened_at = null, probe_at = null, code = null, message = null,
        request_level = request_burst, token_level = token_burst, refilled_at = clock_timestamp()`;
}

export async function removeWorld(
  sql: postgres.Sql,
  ledger: Ledger,
): Promise<void> {
  const jobIds = [...ledger.jobs.keys()];
  await sql`delete from auth.users where id = any (${ledger.userIds}::uuid[])`;
  for (const stage of STAGES) {
    await sql`
      delete from ${sql(`pgmq.q_${stage}`)}
      where (message ->> 'job_id')::uuid = any (${jobIds}::uuid[])`;
  }
  await sql`delete from pipeline_internal.deliveries where event_id like ${WORLD.eventPrefix + "%"}`;
  await closeCircuits(sql);
}
