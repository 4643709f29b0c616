import { PgBoss, type Queue, type WorkOptions } from "pg-boss";
import postgres from "postgres";
import { type Competitor, type Job, PLAIN_STEPS, queueOf, STEPS } from "../competitor.ts";
import { startWorkerProcess, type WorkerProcess } from "../worker_process.ts";

interface Setting {
  about: string;
  useListenNotify: boolean;
  queue: Omit<Queue, "name">;
  work: WorkOptions;
}

/** As installed, with its low-latency option, and as its documentation recommends for many small jobs. */
export const PG_BOSS_SETTINGS = {
  polling: {
    about: "defaults: polls every 2 s, one job a fetch",
    useListenNotify: false,
    queue: {},
    work: {},
  },
  notify: {
    about: "LISTEN/NOTIFY on, else defaults",
    useListenNotify: true,
    queue: { notify: true },
    work: {},
  },
  batched: {
    about: "LISTEN/NOTIFY, batchSize 100, burstWhenBatchFull",
    useListenNotify: true,
    queue: { notify: true },
    work: { batchSize: 100, burstWhenBatchFull: true },
  },
} satisfies Record<string, Setting>;
export type PgBossSetting = keyof typeof PG_BOSS_SETTINGS;

export function schemaOf(setting: PgBossSetting): string {
  return `pgboss_${setting}`;
}

export function createPgBoss(
  setting: PgBossSetting,
  urls: { databaseUrl: string; collectorUrl: string },
): Competitor {
  const schema = schemaOf(setting);
  const { about, useListenNotify, queue } = PG_BOSS_SETTINGS[setting];
  const sql = postgres(urls.databaseUrl, { max: 1, onnotice: () => {} });
  const boss = new PgBoss({
    connectionString: urls.databaseUrl,
    schema,
    useListenNotify,
    // The worker's process does the maintenance.
    supervise: false,
    schedule: false,
  });
  boss.on("error", (error) => console.error(error));
  let worker: WorkerProcess | undefined;

  return {
    name: `pg-boss, ${setting}`,
    about,
    steps: PLAIN_STEPS,
    backlogOf: "single",
    isQueue: true,
    pollMs: setting === "polling" ? 2_000 : 0,

    async install() {
      await boss.start();
      for (let step = 1; step <= STEPS; step++) {
        await boss.createQueue(queueOf(step), queue);
      }
    },
    async start(slots) {
      worker = await startWorkerProcess("pg_boss.ts", {
        ...urls,
        setting,
        slots,
      });
    },
    async stop() {
      await worker?.stop();
    },
    prepare: () => Promise.resolve(),
    async enqueue(jobs: Job[]) {
      if (jobs.length === 1) await boss.send(queueOf(1), jobs[0]);
      else await boss.insert(queueOf(1), jobs.map((data) => ({ data })));
    },
    async isWorking() {
      const [{ working }] = await sql`
        select exists (
          select from ${sql(schema)}.job where name = ${queueOf(1)} and state < 'completed'
        ) as working`;
      return working;
    },
    async clear() {
      for (let step = 1; step <= STEPS; step++) {
        await boss.deleteAllJobs(queueOf(step));
      }
    },
    async close() {
      await boss.stop({ graceful: false });
      await sql.end();
    },
  };
}
