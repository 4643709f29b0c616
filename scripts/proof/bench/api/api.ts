import postgres from "postgres";
import { LOCAL_KEYS } from "../../../platform/stack/keys.ts";
import type { Stack } from "../../../platform/stack/stack.ts";
import { storeSecrets } from "../../../platform/stack/vault.ts";
import { withBenchStack } from "../bench_stack.ts";
import { startCollector } from "../collector.ts";
import { describeEnvironment, type Surroundings } from "../machine.ts";
import { type Measured, overRounds, percentile } from "../statistics.ts";
import { createOwners } from "./owners.ts";
import { type ServerShare, shareOfServer } from "./server_share.ts";
import {
  type CompetitorName,
  createCompetitors,
  isBare,
  type Side,
} from "./competitors.ts";
import { timeInTurn, timePaced } from "./timing.ts";

export interface ApiEffort {
  rounds: number;
  /** Requests of a turn that come before those that are timed. */
  warmUp: number;
  /** Requests of a turn in which each waits for the one before. */
  inTurn: number;
  /** Requests of a turn at the pace. */
  paced: number;
}

/** How long answers took, in milliseconds. */
export interface Latency {
  /** Of each round. */
  p50: Measured;
  /** Over the requests of all rounds: a single round has too few for them. */
  p95: number;
  p99: number;
  count: number;
}

export interface ApiResult {
  environment: Surroundings;
  effort: ApiEffort;
  /** Requests a second at the pace. */
  pace: number;
  inTurn: { name: CompetitorName; route: string; latency: Latency }[];
  paced: { name: CompetitorName; route: string; latency: Latency }[];
  /** What of a request's time is the database server's. */
  server: { name: CompetitorName; share: ServerShare }[];
}

export interface ApiBench {
  effort: ApiEffort;
  onProgress(step: string): void;
  /** Breaks the measurement off. */
  signal: AbortSignal;
}

const PACE = 50;
const PACED: CompetitorName[] = ["floor", "webhook", "bare webhook"];

/** Polls of one document, over all rounds: fewer than are allowed in a minute. */
const POLLS_PER_OWNER = 8;

/** Measures the API's routes beside the least that a function with a database does, in turns, on one stack. */
export async function measureApi(
  { effort, onProgress, signal }: ApiBench,
): Promise<ApiResult> {
  const collector = startCollector();
  try {
    return await withBenchStack({
      functionsDir: `${import.meta.dirname}/../functions`,
      // The API wants to know where the embedder is; none of what is measured asks it.
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
        const sides = createCompetitors(stack, admin, owners);

        const inTurn = new Map<CompetitorName, number[][]>();
        const paced = new Map<CompetitorName, number[][]>();
        for (let round = 1; round <= effort.rounds; round++) {
          for (const side of beginningWith(sides, round)) {
            onProgress(`Round ${round} of ${effort.rounds}: ${side.name}`);
            note(
              inTurn,
              side,
              await turn(side, effort, effort.inTurn, timeInTurn),
            );
            if (!PACED.includes(side.name)) continue;
            note(
              paced,
              side,
              await turn(
                side,
                effort,
                effort.paced,
                (requests) => timePaced(requests, PACE),
              ),
            );
          }
        }

        const server: ApiResult["server"] = [];
        for (const side of sides) {
          // It asks what the whole route asks.
          if (isBare(side.name)) continue;
          onProgress(`The database server's share: ${side.name}`);
          const share = await turn(
            side,
            effort,
            effort.inTurn,
            (requests) => shareOfServer(admin, requests),
          );
          server.push({ name: side.name, share });
        }
        const resultsOf = (rounds: Map<CompetitorName, number[][]>) =>
          sides.flatMap(({ name, route }) => {
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

/** So many users that none of them comes to a limit. */
function ownersFor({ rounds, warmUp, inTurn }: ApiEffort): number {
  // The status is asked with and without the API in each round, and once more for the server's share.
  const turns = 2 * rounds + 1;
  return Math.ceil(turns * (warmUp + inTurn) / POLLS_PER_OWNER);
}

/** Wake-up calls are sent for real, but lead nowhere; and the schedules, which would act on what was never uploaded, rest. */
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

/** The sides in their order, but each round with another one first: none always follows the same. */
function beginningWith(sides: Side[], round: number): Side[] {
  const first = (round - 1) % sides.length;
  return [...sides.slice(first), ...sides.slice(0, first)];
}

/** One turn of a side: first what warms it up, then what counts. */
async function turn<T>(
  side: Side,
  { warmUp }: ApiEffort,
  count: number,
  measure: (requests: Awaited<ReturnType<Side["prepare"]>>) => Promise<T>,
): Promise<T> {
  try {
    await timeInTurn(await side.prepare(warmUp));
    return await measure(await side.prepare(count));
  } finally {
    await side.clear?.();
  }
}

function note(
  rounds: Map<CompetitorName, number[][]>,
  { name }: Side,
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
