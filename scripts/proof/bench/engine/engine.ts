import postgres from "postgres";
import { withBenchStack } from "../bench_stack.ts";
import { startCollector } from "../collector.ts";
import { describeEnvironment, type Surroundings } from "../machine.ts";
import {
  type Measured,
  overRounds,
  type Spread,
  spread,
} from "../statistics.ts";
import {
  type ClaimTimes,
  engineClaims,
  measureClaims,
  pgmqClaims,
} from "./claim_growth.ts";
import type { Competitor } from "./competitor.ts";
import { createBaseline } from "./competitors/baseline.ts";
import { createGraphileWorker } from "./competitors/graphile_worker.ts";
import { createPgBoss } from "./competitors/pg_boss.ts";
import { createPgmqLoop } from "./competitors/pgmq_loop.ts";
import {
  createPipelineEngine,
  engineName,
  type EngineUrls,
} from "./competitors/pipeline_engine.ts";
import { createUsers } from "./documents.ts";
import { type HungNeighbour, measureBesideHung } from "./hung_neighbour.ts";
import { type Profile, profileDrain } from "./profile.ts";
import { type Effort, measureRound, type Round } from "./measure.ts";

/** One side's numbers over all rounds; times in milliseconds. */
export interface CompetitorResult {
  name: string;
  about: string;
  stageTransitionsPerSecond?: Measured;
  idleFromCall?: Spread;
  idleFromCommit?: Spread;
  chain?: Spread;
  behindSlow?: Spread;
}

export interface EngineResult {
  environment: Surroundings;
  effort: Effort;
  sides: CompetitorResult[];
  claims: { name: string; times: ClaimTimes[] }[];
  /** Of this engine as a function. */
  hung?: HungNeighbour;
  /** Of this engine's sides. */
  profiles: Profile[];
}

export interface EngineBench {
  effort: Effort;
  /** How many messages wait when a claim is timed. */
  backlogs: number[];
  /** Only the sides whose name contains this. */
  only?: string;
  /** Whether to say where this engine's time goes. */
  profile: boolean;
  onProgress(step: string): void;
  /** Breaks the measurement off. */
  signal: AbortSignal;
}

/** Measures this engine and its peers on one Postgres, in turns, round by round. */
export async function measureEngine(
  { effort, backlogs, only, profile, onProgress, signal }: EngineBench,
): Promise<EngineResult> {
  const collector = startCollector();
  try {
    return await withBenchStack({
      functionsDir: `${import.meta.dirname}/../functions`,
      functionEnv: { BENCH_COLLECTOR_URL: collector.url },
      onProgress,
      signal,
    }, async (stack) => {
      const admin = postgres(stack.adminDatabaseUrl, {
        max: 1,
        onnotice: () => {},
      });
      const urls = {
        databaseUrl: stack.databaseUrl,
        adminDatabaseUrl: stack.adminDatabaseUrl,
        collectorUrl: collector.url,
        functionsUrl: `${stack.url}/functions/v1`,
      };
      const userIds = await createUsers(admin);
      const sides = createCompetitors(urls, userIds)
        .filter(({ name }) => !only || name.includes(only));
      try {
        const environment = await describeEnvironment(admin);
        await prepareEngine(stack.databaseUrl);
        for (const side of sides) await side.install();

        const rounds = new Map(sides.map((side) => [side, [] as Round[]]));
        for (let round = 1; round <= effort.rounds; round++) {
          for (const side of sides) {
            onProgress(`Round ${round} of ${effort.rounds}: ${side.name}`);
            rounds.get(side)!.push(await measureRound(side, collector, effort));
          }
        }

        const profiles: Profile[] = [];
        for (const side of sides) {
          if (!profile || !PROFILED.includes(side.name)) continue;
          onProgress(`Profile: ${side.name}`);
          profiles.push(
            await profileDrain(side, collector, admin, effort.backlog),
          );
        }
        const deployed = sides.find(({ name }) =>
          name === engineName("function", "default")
        );
        if (deployed) onProgress("Beside a function that hangs");
        const hung = deployed &&
          await measureBesideHung(deployed, collector, admin);
        const claims: EngineResult["claims"] = [];
        for (
          const claimed of [engineClaims(admin, userIds), pgmqClaims(admin)]
        ) {
          onProgress(`Claiming from growing backlogs: ${claimed.name}`);
          const times = await measureClaims(claimed, backlogs);
          claims.push({ name: claimed.name, times });
        }
        return {
          environment,
          effort,
          sides: sides.map((side) => resultOf(side, rounds.get(side)!)),
          claims,
          hung,
          profiles,
        };
      } finally {
        await Promise.all(sides.map((side) => side.close()));
        await admin.end();
      }
    });
  } finally {
    await collector.stop();
  }
}

/** The real path; what SQL alone does is a part of it. */
const PROFILED = [
  engineName("function", "default"),
  engineName("function", "batched"),
];

function createCompetitors(
  urls: EngineUrls,
  userIds: string[],
): Competitor[] {
  return [
    createPgBoss("polling", urls),
    createPgBoss("notify", urls),
    createPgBoss("batched", urls),
    createGraphileWorker("default", urls),
    createGraphileWorker("batched", urls),
    createPgmqLoop(urls),
    createPipelineEngine("sql", "default", urls, userIds),
    createPipelineEngine("sql", "batched", urls, userIds),
    createPipelineEngine("function", "default", urls, userIds),
    createPipelineEngine("function", "batched", urls, userIds),
    createBaseline(urls),
  ];
}

/**
 * The documents of a measurement were never uploaded: reconciling would take them for damaged. And what a stage makes of a
 * document is not what is measured here: the peers' jobs write nothing either.
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

function resultOf(side: Competitor, rounds: Round[]): CompetitorResult {
  const rates = rounds.flatMap((round) =>
    round.stageTransitionsPerSecond ?? []
  );
  return {
    name: side.name,
    about: side.about,
    stageTransitionsPerSecond: overRounds(rates),
    idleFromCall: spread(rounds.map((round) => round.idleFromCall)),
    idleFromCommit: spread(rounds.map((round) => round.idleFromCommit)),
    chain: spread(rounds.map((round) => round.chain)),
    behindSlow: spread(rounds.map((round) => round.behindSlow)),
  };
}
