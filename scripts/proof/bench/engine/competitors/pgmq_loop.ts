import postgres from "postgres";
import { type Competitor, type Job, PLAIN_STEPS, queueOf, STEPS } from "../competitor.ts";
import { startWorkerProcess, type WorkerProcess } from "../worker_process.ts";

/** The pause of the loop when its queue is empty, in milliseconds. */
export const PGMQ_POLL_MS = 100;

/** The simplest worker on pgmq: a loop that reads a message, processes it, and deletes it. */
export function createPgmqLoop(
  urls: { databaseUrl: string; collectorUrl: string },
): Competitor {
  const sql = postgres(urls.databaseUrl, { max: 1, onnotice: () => {} });
  let worker: WorkerProcess | undefined;

  return {
    name: "raw pgmq loop",
    about: "polls every 100 ms when idle, reads one, deletes one",
    steps: PLAIN_STEPS,
    backlogOf: "single",
    isQueue: true,
    pollMs: PGMQ_POLL_MS,

    async install() {
      for (let step = 1; step <= STEPS; step++) {
        await sql`select pgmq.create(${queueOf(step)})`;
      }
    },
    async start(slots) {
      worker = await startWorkerProcess("pgmq_loop.ts", {
        ...urls,
        setting: "default",
        slots,
      });
    },
    async stop() {
      await worker?.stop();
    },
    prepare: () => Promise.resolve(),
    async enqueue(jobs: Job[]) {
      const messages = jobs.map((job) => JSON.stringify(job));
      await sql`
        select pgmq.send_batch(${queueOf(1)}, ${messages}::text[]::jsonb[])`;
    },
    async isWorking() {
      const [{ working }] = await sql`
        select exists (select from ${sql(`pgmq.q_${queueOf(1)}`)}) as working`;
      return working;
    },
    async clear() {
      for (let step = 1; step <= STEPS; step++) {
        await sql`select pgmq.purge_queue(${queueOf(step)})`;
      }
    },
    close: () => sql.end(),
  };
}
