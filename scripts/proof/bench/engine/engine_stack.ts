import postgres from "postgres";
import { withBenchStack } from "../bench_stack.ts";
import { type Collector, startCollector } from "../collector.ts";
import { describeEnvironment, type Environment } from "../machine.ts";
import type { EngineUrls } from "./competitors/pipeline_engine.ts";
import { createUsers } from "./documents.ts";

/** A stack of no-op stages, and what measures it. */
export interface EngineStack {
  /** As the superuser. */
  admin: postgres.Sql;
  urls: EngineUrls;
  userIds: string[];
  environment: Environment;
  collector: Collector;
}

/** Starts a stack whose engine runs no-op stages, for the time that the work takes. */
export async function withEngineStack<T>(
  { onProgress, signal }: { onProgress(step: string): void; signal: AbortSignal },
  work: (stack: EngineStack) => Promise<T>,
): Promise<T> {
  const collector = startCollector();
  try {
    return await withBenchStack({
      functionsDir: `${import.meta.dirname}/../functions`,
      functionEnv: { BENCH_COLLECTOR_URL: collector.url },
      onProgress,
      signal,
    }, async (stack) => {
      const admin = postgres(stack.adminDatabaseUrl, { max: 1, onnotice: () => {} });
      try {
        const environment = await describeEnvironment(admin);
        const userIds = await createUsers(admin);
        await prepareEngine(stack.databaseUrl);
        const urls = {
          databaseUrl: stack.databaseUrl,
          adminDatabaseUrl: stack.adminDatabaseUrl,
          collectorUrl: collector.url,
          functionsUrl: `${stack.url}/functions/v1`,
        };
        return await work({ admin, urls, userIds, environment, collector });
      } finally {
        await admin.end();
      }
    });
  } finally {
    await collector.stop();
  }
}

/**
 * The measured documents have no uploads, and the reconciler would treat them as damaged. The stages do no work,
 * because the other queues' jobs write nothing either.
 */
async function prepareEngine(databaseUrl: string): Promise<void> {
  const owner = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await owner`select cron.unschedule('pipeline-reconcile')`;
    await owner`
      create or replace function pipeline_internal.complete_stage(p_job upload_pipeline.upload_jobs, p_output jsonb)
      returns double precision language sql as 'select 0::double precision'`;
  } finally {
    await owner.end();
  }
}
