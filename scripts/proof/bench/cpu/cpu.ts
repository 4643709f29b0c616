import postgres from "postgres";
import { type StageName, STAGES } from "../../../../supabase/functions/_stages/index.ts";
import { startLlamaParse } from "../../../platform/simulators/llamaparse/server.ts";
import { startOpenAi } from "../../../platform/simulators/openai/server.ts";
import { LOCAL_KEYS } from "../../../platform/stack/keys.ts";
import type { Stack } from "../../../platform/stack/stack.ts";
import { withBenchStack } from "../bench_stack.ts";
import { wait } from "../clock.ts";
import { describeEnvironment, type Environment } from "../machine.ts";
import { liftBudgets } from "../pipeline/pipeline.ts";
import { createUsers, registerUpload, sendBytes } from "../../../platform/test_stack/uploads.ts";
import { median } from "../statistics.ts";
import { CpuSamples } from "./cpu_samples.ts";
import { KINDS, largePdf, pagesOf } from "./documents.ts";
import { type MadeResults, startMadeResults } from "./made_results.ts";

export interface StageCpu {
  kind: string;
  stage: StageName;
  /** Medians over the rounds: CPU milliseconds of the costliest invocation and of all. */
  invocations: number;
  most: number;
  total: number;
}

export interface CpuResult {
  environment: Environment;
  rounds: number;
  share: number;
  stages: StageCpu[];
}

export interface CpuBench {
  rounds: number;
  /** The share of the largest allowed document. */
  share: number;
  only?: string;
  onProgress(step: string): void;
  /** Aborts the measurement. */
  signal: AbortSignal;
}

/** Limits that end no measured invocation. */
const UNLIMITED = {
  cpuSoftMs: Infinity,
  cpuHardMs: Infinity,
  wallClockMs: 3_600_000,
};
/** Longer than any document takes. */
const STUCK_MS = 300_000;
const LOOK_EVERY_MS = 100;

/** Measures the CPU time of each stage's invocations as hosted counts it, one document at a time. */
export async function measureCpu(
  { rounds, share, only, onProgress, signal }: CpuBench,
): Promise<CpuResult> {
  await using servers = new AsyncDisposableStack();
  const llamaparse = await startLlamaParse({ pendingMs: 0, runningMs: 0 });
  servers.defer(() => llamaparse.stop());
  const results = startMadeResults(llamaparse.url);
  servers.defer(() => results.stop());
  const openai = await startOpenAi({
    requestsPerMinute: 1_000_000,
    tokensPerMinute: 1_000_000_000,
  });
  servers.defer(() => openai.stop());

  return await withBenchStack({
    functionEnv: {
      LLAMAPARSE_API_KEY: "llx-bench",
      LLAMAPARSE_API_URL: results.url,
      OPENAI_API_KEY: "sk-bench",
      OPENAI_API_URL: `${openai.url}/v1`,
    },
    functionLimits: UNLIMITED,
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
      const stages: StageCpu[] = [];
      for (const kind of Object.keys(KINDS)) {
        if (only && !kind.includes(only)) continue;
        const found: StageCpu[][] = [];
        for (let round = 1; round <= rounds; round++) {
          onProgress(`Round ${round} of ${rounds}: ${kind}`);
          found.push(
            await measureDocument(stack, admin, results, { kind, share }),
          );
        }
        stages.push(...STAGES.map((stage) => medianOf(kind, stage, found)));
      }
      return { environment, rounds, share, stages };
    } finally {
      await admin.end({ timeout: 1 });
    }
  });
}

/** In a new process, which has compiled no code yet. */
async function measureDocument(
  stack: Stack,
  admin: postgres.Sql,
  results: MadeResults,
  { kind, share }: { kind: string; share: number },
): Promise<StageCpu[]> {
  results.pages = pagesOf(kind, share);
  const [userId] = await createUsers(admin, 1);
  const upload = await registerUpload(stack, userId, await largePdf(share));
  await startAnew(stack);
  let pid = await workerPid(stack);
  const samples = new CpuSamples(() => pid);
  try {
    await sendBytes(upload);
    for (const end = Date.now() + STUCK_MS;;) {
      const [{ status, state, last_error }] = await admin`
        select status, state, last_error from upload_pipeline.upload_jobs
        where document_id = ${upload.documentId}`;
      if (status === "complete") break;
      if (state === "deadletter" || Date.now() > end) {
        const reason = JSON.stringify(last_error);
        throw new Error(`the document of ${kind} is ${status}: ${reason}`);
      }
      await wait(LOOK_EVERY_MS);
      pid = await workerPid(stack);
    }
    return await readRuns(admin, kind, upload.documentId, samples);
  } finally {
    samples.stop();
  }
}

/** The runs that worked since the document was registered; there was no other document. */
async function readRuns(
  admin: postgres.Sql,
  kind: string,
  documentId: string,
  samples: CpuSamples,
): Promise<StageCpu[]> {
  const runs = await admin<{ stage: StageName; from: number; until: number }[]>`
    select r.stage, extract(epoch from r.started_at)::float8 * 1000 as from,
           coalesce(extract(epoch from r.ended_at), extract(epoch from clock_timestamp()))::float8 * 1000 as until
    from pipeline_internal.worker_runs r, upload_pipeline.documents d
    where d.document_id = ${documentId} and r.started_at >= d.created_at
    order by r.started_at`;
  return STAGES.map((stage) => {
    const cpu = runs.filter((run) => run.stage === stage)
      .map(({ from, until }) => samples.between(from, until));
    return {
      kind,
      stage,
      invocations: cpu.length,
      most: Math.max(0, ...cpu),
      total: cpu.reduce((sum, ms) => sum + ms, 0),
    };
  });
}

function medianOf(
  kind: string,
  stage: StageName,
  rounds: StageCpu[][],
): StageCpu {
  const of = (read: (found: StageCpu) => number) =>
    median(
      rounds.map((found) => read(found.find((each) => each.stage === stage)!)),
    );
  return {
    kind,
    stage,
    invocations: of((found) => found.invocations),
    most: of((found) => found.most),
    total: of((found) => found.total),
  };
}

/** Replaces the functions' processes, and starts the worker's. */
async function startAnew(stack: Stack): Promise<void> {
  const response = await fetch(`${stack.url}/v1/projects/bench/secrets`, {
    method: "POST",
    headers: { authorization: `Bearer ${LOCAL_KEYS.managementToken}` },
    body: "[]",
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`not renewed: ${response.status}`);
  await (await fetch(`${stack.url}/functions/v1/worker`)).body?.cancel();
}

/** The worker's newest process. */
async function workerPid(stack: Stack): Promise<number | undefined> {
  const { functions }: { functions: { name: string; pid: number }[] } = await (await fetch(`${stack.url}/_stack`))
    .json();
  return functions.findLast(({ name }) => name === "worker")?.pid;
}
