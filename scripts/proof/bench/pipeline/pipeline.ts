import postgres from "postgres";
import { startLlamaParse } from "../../../platform/simulators/llamaparse/server.ts";
import { startOpenAi } from "../../../platform/simulators/openai/server.ts";
import type { Stack } from "../../../platform/stack/stack.ts";
import { withBenchStack } from "../bench_stack.ts";
import { now, wait } from "../clock.ts";
import { describeEnvironment, type Environment } from "../machine.ts";
import { type Measured, overRounds, type Spread, spread } from "../statistics.ts";
import { eachOf } from "../../../platform/test_stack/documents.ts";
import { readStageTimes, STAGE_SPANS } from "./stage_times.ts";
import { runStraightLine } from "./straight_line.ts";
import { createUsers, registerUploads, sendBytes } from "../../../platform/test_stack/uploads.ts";

export interface PipelineResult {
  environment: Environment;
  documents: number;
  rounds: number;
  /** Concurrency: of the pipeline's uploads, and of the script's whole documents. */
  atOnce: number;
  pipelineDocumentsPerSecond: Measured;
  straightLineDocumentsPerSecond: Measured;
  /** A document's time in each stage, including waiting; milliseconds. */
  stages: { name: string; times: Spread }[];
}

export interface PipelineBench {
  rounds: number;
  documents: number;
  onProgress(step: string): void;
  /** Aborts the measurement. */
  signal: AbortSignal;
}

const AT_ONCE = 8;
const WARM_UP = 4;
const COUNT_EVERY_MS = 20;
/** Longer than any document takes. */
const STUCK_MS = 120_000;

/** Measures documents through the whole pipeline, and through a script that does the same work sequentially. */
export async function measurePipeline(
  { rounds, documents, onProgress, signal }: PipelineBench,
): Promise<PipelineResult> {
  await using simulators = new AsyncDisposableStack();
  const llamaparse = await startLlamaParse({
    pendingMs: 0,
    runningMs: 0,
    uploadsPerTenSeconds: 1_000_000,
  });
  simulators.defer(() => llamaparse.stop());
  const openai = await startOpenAi({
    requestsPerMinute: 1_000_000,
    tokensPerMinute: 1_000_000_000,
  });
  simulators.defer(() => openai.stop());
  const providers = {
    llamaparseUrl: llamaparse.url,
    openaiUrl: `${openai.url}/v1`,
  };

  return await withBenchStack({
    functionEnv: {
      LLAMAPARSE_API_KEY: "llx-bench",
      LLAMAPARSE_API_URL: providers.llamaparseUrl,
      OPENAI_API_KEY: "sk-bench",
      OPENAI_API_URL: providers.openaiUrl,
    },
    onProgress,
    signal,
  }, async (stack) => {
    const admin = postgres(stack.adminDatabaseUrl, {
      max: 2,
      onnotice: () => {},
    });
    try {
      const environment = await describeEnvironment(admin);
      await liftBudgets(admin);
      const ours: number[] = [];
      const baseline: number[] = [];
      const stageTimes: Map<string, number[]>[] = [];
      await throughPipeline(stack, admin, WARM_UP);
      for (let round = 1; round <= rounds; round++) {
        onProgress(`Round ${round} of ${rounds}: the pipeline`);
        const { ms, documentIds } = await throughPipeline(
          stack,
          admin,
          documents,
        );
        ours.push(documents / ms * 1000);
        stageTimes.push(await readStageTimes(admin, documentIds));

        onProgress(`Round ${round} of ${rounds}: the straight line`);
        const lineMs = await runStraightLine({
          url: stack.url,
          serviceRoleKey: stack.serviceRoleKey,
          databaseUrl: stack.databaseUrl,
          ...providers,
          userIds: await createUsers(admin, documents),
          atOnce: AT_ONCE,
        });
        baseline.push(documents / lineMs * 1000);
      }
      return {
        environment,
        documents,
        rounds,
        atOnce: AT_ONCE,
        pipelineDocumentsPerSecond: overRounds(ours)!,
        straightLineDocumentsPerSecond: overRounds(baseline)!,
        stages: STAGE_SPANS.map(({ name }) => ({
          name,
          times: spread(stageTimes.map((times) => times.get(name)!))!,
        })),
      };
    } finally {
      await admin.end();
    }
  });
}

/** Lifts the rate limits of real provider accounts, which the simulators lack. */
export async function liftBudgets(admin: postgres.Sql): Promise<void> {
  await admin`
    update pipeline_internal.providers
    set requests_per_minute = 1e6, request_burst = 1e6, request_level = 1e6,
        tokens_per_minute = 1e9, token_burst = 1e9, token_level = 1e9`;
}

/** From the first byte sent until the last document is searchable. */
async function throughPipeline(
  stack: Stack,
  admin: postgres.Sql,
  documents: number,
): Promise<{ ms: number; documentIds: string[] }> {
  const userIds = await createUsers(admin, documents);
  const uploads = await registerUploads(stack, userIds);
  const documentIds = uploads.map(({ documentId }) => documentId);

  const begunAt = now();
  await eachOf(uploads, AT_ONCE, sendBytes);
  for (;;) {
    const [{ complete, failed }] = await admin`
      select count(*) filter (where status = 'complete')::int as complete,
             count(*) filter (where state = 'deadletter')::int as failed
      from upload_pipeline.upload_jobs where document_id = any (${documentIds}::uuid[])`;
    if (complete === documents) return { ms: now() - begunAt, documentIds };
    if (failed > 0 || now() - begunAt > STUCK_MS) {
      throw new Error(
        `${complete} of ${documents} documents are complete, ${failed} failed`,
      );
    }
    await wait(COUNT_EVERY_MS);
  }
}
