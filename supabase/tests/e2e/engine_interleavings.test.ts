import process from "node:process";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pause, stack } from "./harness.ts";
import { ACTIONS, WEIGHTS } from "./interleavings/actions.ts";
import { freeSlotsBesideQueue, recover } from "./interleavings/recovery.ts";
import { checkInvariants } from "./interleavings/invariants.ts";
import type { Ledger } from "./interleavings/ledger.ts";
import { Random } from "../../../scripts/dev/seeded_random.ts";
import { claim, settle } from "./interleavings/worker.ts";
import type { Scene } from "./interleavings/scene.ts";
import { createWorld, keepWorkersAway, removeWorld } from "./interleavings/world.ts";

/**
 * Runs random interleavings of every action on the engine, over several users' documents, and checks the invariants
 * every few steps and after recovery.
 *
 * `INTERLEAVINGS=<seconds>` runs that long, with new seeds; `INTERLEAVINGS_SEED=<number>` starts with that seed.
 * Sequential runs of a seed repeat exactly; concurrent ones only draw the same actions.
 */
const seconds = Number(process.env.INTERLEAVINGS ?? 0);
const firstSeed = Number(
  process.env.INTERLEAVINGS_SEED ?? (seconds > 0 ? Date.now() % 2 ** 31 : 1),
);

const WAYS = {
  "one after the other": { actors: 1, rounds: 6, steps: 60, dawdles: false },
  "at once, on many connections": {
    actors: 8,
    rounds: 6,
    steps: 15,
    dawdles: true,
  },
};
const SEEDS = 4;

describe("random interleavings", { retry: 0 }, () => {
  const sql = postgres(stack.databaseUrl, { max: 20, onnotice: () => {} });
  let letWorkersBack: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    letWorkersBack = await keepWorkersAway(sql);
  });
  afterAll(async () => {
    await letWorkersBack?.();
    await sql.end();
  });

  for (const [name, way] of Object.entries(WAYS)) {
    it(`keep every invariant when actions run ${name}`, {
      timeout: 60_000 + seconds * 1000,
    }, async () => {
      const deadline = Date.now() + seconds * 1000 / 2;
      for (
        let seed = firstSeed;
        seed < firstSeed + SEEDS || Date.now() < deadline;
        seed++
      ) await run(seed, way);
    });
  }

  it("advancing two users' queues does not deadlock with a run that ends", async () => {
    const ledger = await createWorld(sql, firstSeed);
    const holder = await sql.reserve();
    try {
      const [first, second] = [...ledger.userIds].sort();
      await fillSlots(first, ledger);
      await fillSlots(second, ledger);
      // Another session is about to advance the second user's queue.
      await holder`begin`;
      await holder`select pipeline_internal.lock_user_queue(${second})`;
      const users = [first, second];
      const advanced = sql`
        select pipeline_internal.advance_user_queues(${users}::uuid[])`
        .execute();
      await pause(300);
      const ended = sql`
        select pipeline_internal.end_run('parse', ${crypto.randomUUID()}, 'budget', 0)`
        .execute();
      await pause(300);
      // Postgres would break a deadlock by failing one of them.
      await holder`select pipeline_internal.wake('parse')`;
      await holder`commit`;
      await advanced;
      await ended;
      // The sweeper may have advanced one of them first.
      expect(
        await sql`
          select from upload_pipeline.upload_jobs where user_id in ${sql(users)} and user_queued_at is not null`,
      ).toHaveLength(0);
    } finally {
      await holder`rollback`;
      holder.release();
      await removeWorld(sql, ledger);
    }
  });

  it("a document that is queued while a slot becomes free gets the slot", async () => {
    const ledger = await createWorld(sql, firstSeed);
    const newcomer = await sql.reserve();
    try {
      const [userId] = ledger.userIds;
      await fillSlots(userId, ledger);
      await sql`select pipeline_internal.advance_user_queues(${[
        userId,
      ]}::uuid[])`;
      const leases = await claim(sql, "parse", 4);
      const path = await registerOne(userId, 9, ledger);
      await newcomer`begin`;
      await newcomer`select pipeline_internal.start_processing(${path})`;
      const settled = settle(sql, ledger, [{
        lease: leases[0],
        outcome: "reject",
      }]);
      await pause(300);
      await newcomer`commit`;
      (await settled)();
      expect(await freeSlotsBesideQueue(sql, ledger)).toEqual([]);
    } finally {
      await newcomer`rollback`;
      newcomer.release();
      await removeWorld(sql, ledger);
    }
  });

  /** Fills the user's slots, queues one more document, and then frees a slot without advancing the queue. */
  async function fillSlots(userId: string, ledger: Ledger): Promise<void> {
    const [{ cap }] = await sql<{ cap: number }[]>`
      select active_documents_per_user as cap from pipeline_internal.limits`;
    for (let n = 1; n <= cap + 1; n++) {
      const path = await registerOne(userId, n, ledger);
      await sql`select pipeline_internal.start_processing(${path})`;
    }
    await sql`
      delete from upload_pipeline.documents where document_id = (
        select document_id from upload_pipeline.upload_jobs
        where user_id = ${userId} and message_id is not null limit 1)`;
  }

  /** @returns the path for the document's bytes */
  async function registerOne(
    userId: string,
    n: number,
    ledger: Ledger,
  ): Promise<string> {
    const [row] = await sql<
      { job_id: string; document_id: string; raw_path: string }[]
    >`select job_id, document_id, raw_path from pipeline_internal.register_upload(
        ${userId}, 'a.pdf', 'application/pdf', 1000, ${String(n).padStart(64, "0")}, false, 'interleavings')`;
    ledger.jobs.set(row.job_id, {
      documentId: row.document_id,
      rawPath: row.raw_path,
    });
    return row.raw_path;
  }

  async function run(
    seed: number,
    { actors, rounds, steps, dawdles }: typeof WAYS[keyof typeof WAYS],
  ): Promise<void> {
    const ledger = await createWorld(sql, seed);
    try {
      const scenes = Array.from({ length: actors }, (_, actor): Scene => ({
        sql,
        ledger,
        random: new Random(seed * 1000 + actor),
        dawdles,
      }));
      for (let round = 1; round <= rounds; round++) {
        const deletedBefore = ledger.deletedJobs.size;
        await Promise.all(scenes.map((scene) => act(scene, steps)));
        if (ledger.deletedJobs.size > deletedBefore) {
          // The sweeper gives a deleted document's slot to the next.
          await sql`select pipeline_internal.sweep()`;
        }
        ledger.violations.push(
          ...await checkInvariants(sql, ledger),
          ...await freeSlotsBesideQueue(sql, ledger),
        );
        report(seed, ledger);
      }
      ledger.history.push("recovery");
      ledger.violations.push(
        ...await recover(sql, ledger, scenes[0].random),
        ...await checkInvariants(sql, ledger),
      );
      report(seed, ledger);
      // A run in which nothing took effect proves nothing.
      expect(ledger.tried.some(({ tookEffect }) => tookEffect)).toBe(true);
    } finally {
      await removeWorld(sql, ledger);
    }
  }
});

async function act(scene: Scene, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const name = scene.random.weighted(WEIGHTS);
    scene.ledger.history.push(name);
    try {
      await ACTIONS[name](scene);
    } catch (error) {
      const { message, code, detail, where } = error as postgres.PostgresError;
      scene.ledger.violate(
        `${name} failed: ${message} (${code}) ${detail ?? ""} ${where ?? ""}`,
      );
    }
  }
}

function report(seed: number, { violations, history }: Ledger): void {
  if (violations.length === 0) return;
  throw new Error(
    `INTERLEAVINGS_SEED=${seed}\n${violations.slice(0, 20).join("\n")}\n` +
      `after ${history.length} actions, the last of them ${history.slice(-40).join(", ")}`,
  );
}
