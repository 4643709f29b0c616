import { makeWorkerUtils, type WorkerUtils } from "graphile-worker";
import postgres from "postgres";
import { type Competitor, type Job, PLAIN_STEPS, queueOf } from "../competitor.ts";
import { startWorkerProcess, type WorkerProcess } from "../worker_process.ts";

interface Setting {
  about: string;
  worker: GraphileConfig.WorkerOptions;
}

/** As installed, and with all batching that its performance page recommends. */
export const GRAPHILE_SETTINGS = {
  default: { about: "defaults: LISTEN/NOTIFY, one job at a time", worker: {} },
  batched: {
    about: "concurrentJobs 10, localQueue 500, completions and failures batched",
    worker: {
      concurrentJobs: 10,
      maxPoolSize: 12,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
} satisfies Record<string, Setting>;
export type GraphileSetting = keyof typeof GRAPHILE_SETTINGS;

export function schemaOf(setting: GraphileSetting): string {
  return `graphile_${setting}`;
}

export function createGraphileWorker(
  setting: GraphileSetting,
  urls: { databaseUrl: string; collectorUrl: string },
): Competitor {
  const schema = schemaOf(setting);
  const sql = postgres(urls.databaseUrl, { max: 1, onnotice: () => {} });
  let utils: WorkerUtils;
  let worker: WorkerProcess | undefined;

  return {
    name: `graphile-worker, ${setting}`,
    about: GRAPHILE_SETTINGS[setting].about,
    steps: PLAIN_STEPS,
    backlogOf: "single",
    isQueue: true,
    pollMs: 0,

    async install() {
      utils = await makeWorkerUtils({
        connectionString: urls.databaseUrl,
        schema,
      });
      await utils.migrate();
    },
    async start(slots) {
      worker = await startWorkerProcess("graphile_worker.ts", {
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
      if (jobs.length === 1) await utils.addJob(queueOf(1), jobs[0]);
      else {
        await utils.addJobs(
          jobs.map((payload) => ({ identifier: queueOf(1), payload })),
        );
      }
    },
    async isWorking() {
      const [{ working }] = await sql`
        select exists (select from ${sql(schema)}._private_jobs) as working`;
      return working;
    },
    async clear() {
      await sql`truncate ${sql(schema)}._private_jobs`;
    },
    async close() {
      await utils?.release();
      await sql.end();
    },
  };
}
