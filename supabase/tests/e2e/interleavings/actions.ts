import { attempt, settleAll } from "./attempt.ts";
import { type Lease, messageKey, type StageName, STAGES } from "./ledger.ts";
import { type Scene, takeSome, transact, withSomeJob, withSomeMessage } from "./scene.ts";
import { claim, claimAlone, outputFromMemory, type Session, type Settlement, startRun, TEST_CODE } from "./worker.ts";
import { WORLD } from "./world.ts";

/** Every action, and its weight. */
export const WEIGHTS = {
  register: 6,
  bytesArrive: 8,
  abandonUpload: 1,
  claim: 20,
  claimAlone: 6,
  startRun: 6,
  work: 34,
  settleTwice: 4,
  settleLate: 8,
  crash: 4,
  extend: 3,
  expireLease: 8,
  delay: 3,
  loseMessage: 2,
  deliver: 7,
  sweep: 3,
  reconcile: 3,
  redrive: 4,
  rechunk: 2,
  reparse: 8,
  deleteDocument: 1,
  runEnds: 4,
  providerRecovers: 5,
};
export type ActionName = keyof typeof WEIGHTS;

type Action = (scene: Scene) => Promise<void>;

export const ACTIONS: Record<ActionName, Action> = {
  register: async (scene) => {
    const { random, ledger } = scene;
    const userId = random.pick(ledger.userIds)!;
    const sha256 = random.between(1, WORLD.documentsPerUser)
      .toString(16).padStart(64, "0");
    await transact(scene, async (tx) => {
      const [row] = await tx<
        { job_id: string; document_id: string; raw_path: string }[]
      >`select job_id, document_id, raw_path from pipeline_internal.register_upload(
          ${userId}, 'a.pdf', 'application/pdf', 1000, ${sha256}, false, 'interleavings')`;
      return () =>
        ledger.jobs.set(row.job_id, {
          documentId: row.document_id,
          rawPath: row.raw_path,
        });
    });
  },

  bytesArrive: (scene) =>
    withSomeJob(scene, async (tx, { rawPath }) => {
      await tx`select pipeline_internal.start_processing(${rawPath})`;
    }),

  abandonUpload: (scene) =>
    withSomeJob(scene, async (tx, { jobId }) => {
      await tx`
        update upload_pipeline.upload_jobs set upload_expires_at = now() - interval '1 hour'
        where job_id = ${jobId} and status = 'awaiting_upload'`;
    }),

  claim: (scene) => claimSome(scene, scene.random.pick(STAGES)!),

  claimAlone: (scene) => {
    const stage = scene.random.pick(STAGES)!;
    return takeLeases(scene, (tx) => claimAlone(tx, stage));
  },

  startRun: (scene) => {
    const stage = scene.random.pick(STAGES)!;
    return takeLeases(
      scene,
      (tx) => startRun(tx, stage, crypto.randomUUID()),
    );
  },

  work: async (scene) => {
    const leases = takeSome(scene, scene.random.between(1, 3));
    const settlements: Settlement[] = [];
    for (const lease of leases) {
      const settlement = await attempt(scene, lease);
      if (settlement) settlements.push(settlement);
    }
    await settleAll(scene, settlements);
  },

  /** Two sessions believe that they hold the same lease. */
  settleTwice: async (scene) => {
    const [lease] = takeSome(scene, 1);
    const settlement = lease && await attempt(scene, lease);
    if (!settlement) return;
    await Promise.all([
      settleAll(scene, [settlement]),
      settleAll(scene, [{ ...settlement }]),
    ]);
  },

  settleLate: async (scene) => {
    const lease = scene.random.pick(
      scene.random.chance(0.5) ? scene.ledger.lostLeases() : scene.ledger.forgotten,
    );
    if (!lease) return;
    const output = outputFromMemory(lease);
    const outcome = scene.random.pick(["done", "retry", "reject", "pause"])!;
    if (outcome === "done" && !output) return;
    await settleAll(scene, [{ lease, outcome, output }]);
  },

  /** The worker dies with its leases. */
  crash: (scene) => {
    takeSome(scene, 3);
    return Promise.resolve();
  },

  extend: async (scene) => {
    const lease = scene.random.pick(
      scene.random.chance(0.5) ? scene.ledger.held : scene.ledger.lostLeases(),
    );
    if (!lease) return;
    const outdated = scene.ledger.isOutdated(lease);
    await transact(scene, async (tx) => {
      const kept = await tx`
        select * from pipeline_internal.extend_leases(
          ${lease.stage}, ${[lease.msgId]}::bigint[], ${[
        lease.readCount,
      ]}::int[])`;
      if (kept.length > 0 && outdated) {
        scene.ledger.violate(
          `a lost lease of ${messageKey(lease.stage, lease.msgId)} was extended`,
        );
      }
    });
  },

  expireLease: (scene) =>
    withSomeMessage(scene, async (tx, stage, msgId) => {
      await tx`select from pgmq.set_vt(${stage}, ${msgId}::bigint, 0)`;
      // Often another worker claims the message at once, while the former holder does not know.
      if (scene.random.chance(0.6)) return () => claimSome(scene, stage);
    }),

  delay: (scene) =>
    withSomeMessage(scene, async (tx, stage, msgId) => {
      const seconds = scene.random.between(1, 60);
      await tx`select from pgmq.set_vt(${stage}, ${msgId}::bigint, ${seconds}::int)`;
    }),

  loseMessage: (scene) =>
    withSomeMessage(scene, async (tx, stage, msgId) => {
      const [{ lost }] = await tx<{ lost: boolean }[]>`
        select pgmq.delete(${stage}, ${msgId}::bigint) as lost`;
      // As if the job had not changed for a while, which is what the reconciler looks for.
      await tx`
        update upload_pipeline.upload_jobs set updated_at = now() - interval '2 minutes'
        where stage = ${stage} and message_id = ${msgId}`;
      return () => {
        if (lost) scene.ledger.lostMessages.add(messageKey(stage, msgId));
      };
    }),

  deliver: async (scene) => {
    const { random, sql, ledger } = scene;
    const jobId = random.pick([...ledger.jobs.keys()]);
    if (!jobId) return;
    // Before, during or long after the parse; by the job's own URL, by the provider's id, or about an unknown job.
    const [submission] = await sql<{ provider_job_id: string | null }[]>`
      select provider_job_id from pipeline_internal.submissions where job_id = ${jobId}
      order by requested_at desc limit 1`;
    const isKnown = random.chance(0.9);
    const providerJobId = isKnown ? submission?.provider_job_id ?? "pjb-early" : "pjb-unknown";
    const aboutJob = isKnown ? jobId : null;
    const eventId = `${WORLD.eventPrefix}${crypto.randomUUID()}`;
    const receive = (session: Session) =>
      session<{ answer: string }[]>`
        select pipeline_internal.receive_delivery(
          ${eventId}, 'parse.success', ${providerJobId}, ${aboutJob}, 'interleavings') as answer`;
    const answers = await Promise.all(
      Array.from({ length: random.chance(0.2) ? 2 : 1 }, () => receive(sql)),
    );
    const fresh = answers.filter(([{ answer }]) => answer !== "duplicate");
    if (fresh.length !== 1) {
      ledger.violate(`delivery ${eventId} was recorded ${fresh.length} times`);
    }
  },

  sweep: ({ sql }) => sql`select pipeline_internal.sweep()`.then(() => {}),
  reconcile: ({ sql }) => sql`select * from pipeline_internal.reconcile()`.then(() => {}),

  redrive: (scene) =>
    scene.random.chance(0.2)
      ? transact(scene, async (tx) => {
        await tx`select * from pipeline_internal.redrive_all(p_code => ${TEST_CODE}, p_dry_run => false)`;
      })
      : withSomeJob(scene, async (tx, { jobId }) => {
        await tx`select pipeline_internal.redrive(${jobId})`;
      }),

  rechunk: (scene) =>
    withSomeJob(scene, async (tx, { documentId }) => {
      await tx`select pipeline_internal.rechunk(${documentId})`;
    }),

  reparse: (scene) =>
    withSomeJob(scene, async (tx, { documentId }) => {
      const pages = scene.random.chance(0.5) ? [1] : null;
      await tx`
        select outcome
        from upload_pipeline.documents d
        cross join lateral pipeline_internal.reparse_document(
          d.user_id, d.document_id, ${pages}::int[], false, null, 'interleavings')
        where d.document_id = ${documentId}`;
    }),

  deleteDocument: (scene) =>
    withSomeJob(scene, async (tx, { documentId }) => {
      // Locks the job first, as every other transaction does; otherwise a worker and the deletion may deadlock.
      const [job] = await tx<{ job_id: string }[]>`
        select job_id from upload_pipeline.upload_jobs where document_id = ${documentId} for update`;
      await tx`delete from upload_pipeline.documents where document_id = ${documentId}`;
      return () => {
        if (job) scene.ledger.deletedJobs.add(job.job_id);
      };
    }),

  /** Ends a run that found no more work. No invocation is free for a successor, so no worker is called. */
  runEnds: (scene) =>
    transact(scene, async (tx) => {
      const stage = scene.random.pick(STAGES)!;
      await tx`select pipeline_internal.end_run(${stage}, ${crypto.randomUUID()}, 'budget', 0)`;
    }),

  /** Refills a provider's tokens, and makes its probe due if its circuit is open. */
  providerRecovers: async ({ sql, random }) => {
    await sql`
      update pipeline_internal.providers
      set request_level = request_burst, token_level = token_burst, refilled_at = clock_timestamp(),
          probe_at = case when opened_at is not null then clock_timestamp() end
      where provider = ${random.pick(["llamaparse", "openai"])!}`;
  },
};

function claimSome(scene: Scene, stage: StageName): Promise<void> {
  const count = scene.random.between(1, 4);
  return takeLeases(scene, (tx) => claim(tx, stage, count));
}

function takeLeases(
  scene: Scene,
  take: (tx: Session) => Promise<Lease[]>,
): Promise<void> {
  const { ledger } = scene;
  return transact(scene, async (tx) => {
    const leases = await take(tx);
    return () =>
      leases.filter((lease) => ledger.jobs.has(lease.jobId))
        .forEach((lease) => ledger.claimed(lease));
  });
}
