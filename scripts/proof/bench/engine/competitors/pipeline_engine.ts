import postgres from "postgres";
import { LOCAL_KEYS } from "../../../../platform/stack/keys.ts";
import { storeSecrets } from "../../../../platform/stack/vault.ts";
import { type Competitor, type Job, PLAIN_STEPS } from "../competitor.ts";
import { createDocuments, removeDocuments } from "../documents.ts";
import { STEP_STAGES } from "../noop_stages.ts";
import { startWorkerProcess, type WorkerProcess } from "../worker_process.ts";

/** The channel that notifies a worker without a function of new work. */
export const WAKE_CHANNEL = "bench_wake";

/**
 * Sends the stage and the run id, which pg_net would deliver, by NOTIFY in the same transaction.
 * @param definition of `call_worker` as migrated, whose signature stays
 */
function callByNotify(definition: string): string {
  const [head, body] = definition.split("$function$");
  if (!body) throw new Error(`call_worker has no body to replace: ${definition}`);
  return `${head}$function$ begin perform pg_notify('${WAKE_CHANNEL}', p_call); return 0; end $function$`;
}

/** As migrated, and with as many slots as the batched competitors' batches: two columns of a stage's row. */
export const ENGINE_SETTINGS = {
  default: { about: "2 to 8 slots a stage", slots: undefined },
  batched: { about: "100 slots a stage", slots: 100 },
};
export type EngineSetting = keyof typeof ENGINE_SETTINGS;

export function engineName(
  way: "sql" | "function",
  setting: EngineSetting,
): string {
  const name = `this engine, ${way === "sql" ? "SQL alone" : "function"}`;
  return setting === "default" ? name : `${name}, ${setting}`;
}

export interface EngineUrls {
  databaseUrl: string;
  /** The superuser's connection. */
  adminDatabaseUrl: string;
  collectorUrl: string;
  functionsUrl: string;
}

/**
 * This project's engine. `sql`: its SQL functions and the worker's loop in a plain process, which NOTIFY wakes instead
 * of pg_net. `function`: as deployed, woken through pg_net.
 */
export function createPipelineEngine(
  way: "sql" | "function",
  setting: EngineSetting,
  urls: EngineUrls,
  /** The documents' owners. */
  userIds: string[],
): Competitor {
  const sql = postgres(urls.databaseUrl, { max: 1, onnotice: () => {} });
  const admin = postgres(urls.adminDatabaseUrl, { max: 1, onnotice: () => {} });
  const { slots } = ENGINE_SETTINGS[setting];
  let worker: WorkerProcess | undefined;
  let callByHttp: string;

  return {
    name: engineName(way, setting),
    about: `${ENGINE_SETTINGS[setting].about}; ${
      way === "sql" ? "a plain process, woken by NOTIFY" : "commit → pg_net → gateway → function → claim"
    }`,
    steps: { single: [3], chain: PLAIN_STEPS.chain },
    backlogOf: "chain",
    isQueue: true,
    pollMs: 0,

    async install() {
      await sql`create schema if not exists bench`;
      await sql`
        create table if not exists bench.stages as select stage, slots, batch from pipeline_internal.stages`;
    },
    async start() {
      await storeSecrets(urls.databaseUrl, {
        pipeline_functions_url: urls.functionsUrl,
        pipeline_worker_secret: LOCAL_KEYS.workerSecret,
      });
      await sql`
        update pipeline_internal.stages s
        set slots = coalesce(${slots ?? null}, d.slots), batch = coalesce(${slots ?? null}, d.batch)
        from bench.stages d where d.stage = s.stage`;
      if (way === "function") return;
      const [{ definition }] = await sql`
        select pg_get_functiondef('pipeline_internal.call_worker'::regproc) as definition`;
      callByHttp = definition;
      await sql.unsafe(callByNotify(definition));
      worker = await startWorkerProcess("pipeline_engine.ts", {
        ...urls,
        setting: "default",
      });
    },
    async stop() {
      if (!worker) return;
      await worker.stop();
      await sql.unsafe(callByHttp);
    },
    prepare: (jobs) => createDocuments(sql, userIds, jobs),
    async enqueue(jobs: Job[]) {
      const stage = jobs[0].kind === "chain" ? STEP_STAGES[0] : STEP_STAGES[2];
      const jobIds = jobs.map(({ id }) => id);
      const delays = jobIds.map(() => 0);
      await sql`
        select pipeline_internal.enqueue(${jobIds}::uuid[], ${stage}, ${delays}::int[])`;
    },
    async isWorking() {
      const [{ working }] = await sql`
        select exists (
          select from upload_pipeline.upload_jobs where finished_at is null
        ) as working`;
      return working;
    },
    clear: () => removeDocuments(admin),
    async close() {
      await sql.end();
      await admin.end();
    },
  };
}
