import postgres from "postgres";
import { LOCAL_KEYS } from "../../../stack/keys.ts";
import { storeSecrets } from "../../../stack/vault.ts";
import { type Contender, type Job, PLAIN_STEPS } from "../contender.ts";
import { createDocuments, removeDocuments } from "../documents.ts";
import { STEP_STAGES } from "../noop_stages.ts";
import { startWorkerProcess, type WorkerProcess } from "../worker_process.ts";

/** The channel on which a worker without a function learns of new work. */
export const WAKE_CHANNEL = "bench_wake";

/** What pg_net would deliver, the stage and the run that was asked for, is sent by NOTIFY in the same transaction. */
const ENQUEUE_AND_NOTIFY = `
  create schema if not exists bench;
  create or replace function bench.enqueue_all(p_job_ids uuid[], p_stage text, p_delays int[]) returns void
  language plpgsql as $$
  begin
    perform pipeline_internal.enqueue_all(p_job_ids, p_stage, p_delays);
    perform pg_notify('${WAKE_CHANNEL}', p_stage || ' ' || coalesce((
      select run_id::text from pipeline_internal.worker_runs
      where stage = p_stage and started_at is null and ended_at is null
      order by called_at desc limit 1), ''));
  end $$`;

/** As migrated; and with as many slots as the batched peers have jobs in a batch: two columns of a stage's row. */
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
  /** Of the superuser. */
  adminDatabaseUrl: string;
  collectorUrl: string;
  sinkUrl: string;
  functionsUrl: string;
}

/**
 * This project's engine. `sql`: its SQL functions and the worker's loop in a plain process that is told of work by
 * NOTIFY; the wake-up calls it sends lead nowhere. `function`: as it is deployed, woken through pg_net.
 */
export function createPipelineEngine(
  way: "sql" | "function",
  setting: EngineSetting,
  urls: EngineUrls,
  /** Who the documents belong to. */
  userIds: string[],
): Contender {
  const sql = postgres(urls.databaseUrl, { max: 1, onnotice: () => {} });
  const admin = postgres(urls.adminDatabaseUrl, { max: 1, onnotice: () => {} });
  const { slots } = ENGINE_SETTINGS[setting];
  let worker: WorkerProcess | undefined;

  return {
    name: engineName(way, setting),
    about: `${ENGINE_SETTINGS[setting].about}; ${
      way === "sql"
        ? "a plain process, told by NOTIFY"
        : "commit → pg_net → gateway → function → claim"
    }`,
    steps: { single: [3], chain: PLAIN_STEPS.chain },
    backlogOf: "chain",
    isQueue: true,
    pollMs: 0,

    async install() {
      await sql.unsafe(ENQUEUE_AND_NOTIFY);
      await sql`
        create table if not exists bench.stages as select stage, slots, batch from pipeline_internal.stages`;
    },
    async start() {
      await storeSecrets(urls.databaseUrl, {
        pipeline_functions_url: way === "sql"
          ? urls.sinkUrl
          : urls.functionsUrl,
        pipeline_worker_secret: LOCAL_KEYS.workerSecret,
      });
      await sql`
        update pipeline_internal.stages s
        set slots = coalesce(${slots ?? null}, d.slots), batch = coalesce(${
        slots ?? null
      }, d.batch)
        from bench.stages d where d.stage = s.stage`;
      if (way === "function") return;
      worker = await startWorkerProcess("pipeline_engine.ts", {
        ...urls,
        setting: "default",
      });
    },
    async stop() {
      await worker?.stop();
    },
    prepare: (jobs) => createDocuments(sql, userIds, jobs),
    async enqueue(jobs: Job[]) {
      const stage = jobs[0].kind === "chain" ? STEP_STAGES[0] : STEP_STAGES[2];
      const jobIds = jobs.map(({ id }) => id);
      const delays = jobIds.map(() => 0);
      if (way === "function") {
        await sql`
          select pipeline_internal.enqueue_all(${jobIds}::uuid[], ${stage}, ${delays}::int[])`;
      } else {
        await sql`
          select bench.enqueue_all(${jobIds}::uuid[], ${stage}, ${delays}::int[])`;
      }
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
