import type postgres from "postgres";
import { type Lease, type Ledger, type StageName, STAGES } from "./ledger.ts";
import type { Random } from "../../../../scripts/dev/seeded_random.ts";
import type { Session } from "./worker.ts";

/** Runs after a transaction has committed. */
export type Committed = () => unknown;

/** What an action acts on, and its random source. */
export interface Scene {
  sql: postgres.Sql;
  ledger: Ledger;
  random: Random;
  /** Whether transactions may stay open for a moment before they commit, or roll back. */
  dawdles: boolean;
}

/** Takes leases of one stage from a living worker. */
export function takeSome({ random, ledger }: Scene, count: number): Lease[] {
  const first = random.pick(ledger.held);
  if (!first) return [];
  const others = ledger.held.filter((lease) => lease !== first && lease.stage === first.stage);
  // A worker may hold two leases on one message: it lost the first, and claimed the message again.
  const again = others.filter((lease) => lease.msgId === first.msgId);
  const leases = [...new Set([first, ...again, ...others])]
    .slice(0, Math.max(count, 1 + again.length));
  leases.forEach((lease) => ledger.forget(lease));
  return leases;
}

export async function withSomeJob(
  scene: Scene,
  act: (
    tx: Session,
    job: { jobId: string; documentId: string; rawPath: string },
  ) => Promise<Committed | void>,
): Promise<void> {
  const found = scene.random.pick([...scene.ledger.jobs]);
  if (!found) return;
  const [jobId, job] = found;
  await transact(scene, (tx) => act(tx, { jobId, ...job }));
}

export async function withSomeMessage(
  scene: Scene,
  act: (
    tx: Session,
    stage: StageName,
    msgId: string,
  ) => Promise<Committed | void>,
): Promise<void> {
  const held = scene.random.pick(scene.ledger.held);
  if (held && scene.random.chance(0.5)) {
    await transact(scene, (tx) => act(tx, held.stage, held.msgId));
    return;
  }
  const stage = scene.random.pick(STAGES)!;
  const rows = await scene.sql<{ msg_id: string }[]>`
    select msg_id from ${scene.sql(`pgmq.q_${stage}`)}
    where (message ->> 'job_id')::uuid = any (${[
    ...scene.ledger.jobs.keys(),
  ]}::uuid[]) order by msg_id`;
  const found = scene.random.pick(rows);
  if (!found) return;
  await transact(scene, (tx) => act(tx, stage, found.msg_id));
}

class RolledBack extends Error {}

/** Runs `work` in a transaction, which sometimes rolls back. Its result runs after the commit. */
export async function transact(
  { sql, random, dawdles }: Scene,
  work: (tx: Session) => Promise<Committed | void>,
): Promise<void> {
  const isDoomed = dawdles && random.chance(0.05);
  const pauseMs = dawdles && random.chance(0.3) ? random.between(1, 15) : 0;
  try {
    const committed = await sql.begin(async (tx) => {
      const result = await work(tx);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (isDoomed) throw new RolledBack();
      return { result };
    }) as { result: Committed | void };
    await committed.result?.();
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
}
