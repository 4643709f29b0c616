import postgres from "postgres";
import { LOCAL_KEYS } from "../../../platform/stack/keys.ts";
import type { Stack } from "../../../platform/stack/stack.ts";
import { storeSecrets } from "../../../platform/stack/vault.ts";
import { withBenchStack } from "../bench_stack.ts";
import { startCollector } from "../collector.ts";
import { describeEnvironment, type Environment } from "../machine.ts";
import { type Measured, overRounds, percentile } from "../statistics.ts";
import { createOwners } from "./owners.ts";
import { type ServerShare, shareOfServer } from "./server_share.ts";
import { type Competitor, type CompetitorName, createCompetitors, isBare } from "./competitors.ts";
import { timeInTurn, timePaced } from "./timing.ts";

export interface ApiEffort {
  rounds: number;
  /** Warm-up requests of a turn, which are not timed. */
  warmUp: number;
  /** Requests of a turn that are sent one by one. */
  inTurn: number;
  /** Requests of a turn that are sent at the fixed pace. */
  paced: number;
}

/** Latencies, in milliseconds. */
export interface Latency {
  /** The median of each round. */
  p50: Measured;
  /** Over the requests of all rounds, because a single round has too few. */
  p95: number;
  p99: number;
  count: number;
}

export interface ApiResult {
  environment: Environment;
  effort: ApiEffort;
  /** Requests per second at the fixed pace. */
  pace: number;
  inTurn: { name: CompetitorName; route: string; latency: Latency }[];
  paced: { name: CompetitorName; route: string; latency: Latency }[];
  /** The database server's share of a request's time. */
  server: { name: CompetitorName; share: ServerShare }[];
}

export interface ApiBench {
  effort: ApiEffort;
  onProgress(step: string): void;
  /** Aborts the measurement. */
  signal: AbortSignal;
}

const PACE = 50;
const PACED: CompetitorName[] = ["baseline", "webhook", "bare webhook"];

/** Polls of one document over all rounds, below the limit of a minute. */
const POLLS_PER_OWNER = 8;

/** Measures the API's routes and a minimal database function in turn, on one stack. */
export async function measureApi(
  { effort, onProgress, signal }: ApiBench,
): Promise<ApiResult> {
  const collector = startCollector();
  try {
    return await withBenchStack({
      functionsDir: `${import.meta.dirname}/../functions`,
      // The API requires the embedder's URL; no measured request uses it.
      functionEnv: {
        OPENAI_API_KEY: "sk-bench",
        OPENAI_API_URL: collector.url,
      },
      onProgress,
      signal,
    }, async (stack) => {
      const admin = postgres(stack.adminDatabaseUrl, {
        max: 1,
        onnotice: () => {},
      });
      try {
        const environment = await describeEnvironment(admin);
        await quieten(stack, collector.sinkUrl);
        const owners = await createOwners(stack, admin, ownersFor(effort));
        const competitors = createCompetitors(stack, admin, owners);

        const inTurn = new Map<CompetitorName, number[][]>();
        const paced = new Map<CompetitorName, number[][]>();
        for (let round = 1; round <= effort.rounds; round++) {
          for (const competitor of beginningWith(competitors, round)) {
            onProgress(
              `Round ${round} of ${effort.rounds}: ${competitor.name}`,
            );
            note(
              inTurn,
              competitor,
              await turn(competitor, effort, effort.inTurn, timeInTurn),
            );
            if (!PACED.includes(competitor.name)) continue;
            note(
              paced,
              competitor,
              await turn(
                competitor,
                effort,
                effort.paced,
                (requests) => timePaced(requests, PACE),
              ),
            );
          }
        }

        const server: ApiResult["server"] = [];
        for (const competitor of competitors) {
          // It sends the statements of the whole route.
          if (isBare(competitor.name)) continue;
          onProgress(`The database server's share: ${competitor.name}`);
          const share = await turn(
            competitor,
            effort,
            effort.inTurn,
            (requests) => shareOfServer(admin, requests),
          );
          server.push({ name: competitor.name, share });
        }
        const resultsOf = (rounds: Map<CompetitorName, number[][]>) =>
          competitors.flatMap(({ name, route }) => {
            const times = rounds.get(name);
            return times ? [{ name, route, latency: latencyOf(times) }] : [];
          });
        return {
          environment,
          effort,
          pace: PACE,
          inTurn: resultsOf(inTurn),
          paced: resultsOf(paced),
          server,
        };
      } finally {
        await admin.end();
      }
    });
  } finally {
    await collector.stop();
  }
}

/** Enough users that none reaches a limit. */
function ownersFor({ rounds, warmUp, inTurn }: ApiEffort): number {
  // Each round polls the status with and without the API, and the server's share polls it once more.
  const turns = 2 * rounds + 1;
  return Math.ceil(turns * (warmUp + inTurn) / POLLS_PER_OWNER);
}

/** Sends wake-up calls for real, but to no worker, and stops the schedules, which would act on documents without uploads. */
async function quieten(stack: Stack, sinkUrl: string): Promise<void> {
  await storeSecrets(stack.databaseUrl, {
    pipeline_functions_url: sinkUrl,
    pipeline_worker_secret: LOCAL_KEYS.workerSecret,
  });
  const owner = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await owner`
      select cron.unschedule(jobname) from cron.job where jobname like 'pipeline-%'`;
  } finally {
    await owner.end();
  }
}

/** The competitors in order, starting with another one each round, so that none always follows the same. */
function beginningWith(competitors: Competitor[], round: number): Competitor[] {
  const first = (round - 1) % competitors.length;
  return [...competitors.slice(first), ...competitors.slice(0, first)];
}

/** One turn of a competitor: warm-up requests, then timed ones. */
async function turn<T>(
  competitor: Competitor,
  { warmUp }: ApiEffort,
  count: number,
  measure: (requests: Awaited<ReturnType<Competitor["prepare"]>>) => Promise<T>,
): Promise<T> {
  try {
    await timeInTurn(await competitor.prepare(warmUp));
    return await measure(await competitor.prepare(count));
  } finally {
    await competitor.clear?.();
  }
}

function note(
  rounds: Map<CompetitorName, number[][]>,
  { name }: Competitor,
  times: number[],
): void {
  rounds.set(name, [...rounds.get(name) ?? [], times]);
}

function latencyOf(rounds: number[][]): Latency {
  const all = rounds.flat();
  return {
    p50: overRounds(rounds.map((times) => percentile(times, 0.5)))!,
    p95: percentile(all, 0.95),
    p99: percentile(all, 0.99),
    count: all.length,
  };
}
