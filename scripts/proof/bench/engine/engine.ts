import type { Environment } from "../machine.ts";
import { type Measured, overRounds, type Spread, spread } from "../statistics.ts";
import { type ClaimTimes, engineClaims, measureClaims, pgmqClaims } from "./claim_growth.ts";
import type { Competitor } from "./competitor.ts";
import { createBaseline } from "./competitors/baseline.ts";
import { createGraphileWorker } from "./competitors/graphile_worker.ts";
import { createPgBoss } from "./competitors/pg_boss.ts";
import { createPgmqLoop } from "./competitors/pgmq_loop.ts";
import { createPipelineEngine, engineName, type EngineUrls } from "./competitors/pipeline_engine.ts";
import { withEngineStack } from "./engine_stack.ts";
import { type HungNeighbour, measureBesideHung } from "./hung_neighbour.ts";
import { type Profile, profileDrain } from "./profile.ts";
import { type Effort, measureRound, type Round } from "./measure.ts";

/** One competitor's numbers over all rounds; times in milliseconds. */
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
  environment: Environment;
  effort: Effort;
  competitors: CompetitorResult[];
  claims: { name: string; times: ClaimTimes[] }[];
  /** This engine as a function. */
  hung?: HungNeighbour;
  /** Profiles of this engine's competitors. */
  profiles: Profile[];
}

export interface EngineBench {
  effort: Effort;
  /** The numbers of waiting messages at which a claim is timed. */
  backlogs: number[];
  /** Only competitors whose name contains this. */
  only?: string;
  /** Whether to profile this engine. */
  profile: boolean;
  onProgress(step: string): void;
  /** Aborts the measurement. */
  signal: AbortSignal;
}

/** Measures this engine and other queues on one Postgres, in turn, round by round. */
export async function measureEngine(
  { effort, backlogs, only, profile, onProgress, signal }: EngineBench,
): Promise<EngineResult> {
  return await withEngineStack({ onProgress, signal }, async ({ admin, urls, userIds, environment, collector }) => {
    const competitors = createCompetitors(urls, userIds)
      .filter(({ name }) => !only || name.includes(only));
    try {
      for (const competitor of competitors) await competitor.install();

      const rounds = new Map(
        competitors.map((competitor) => [competitor, [] as Round[]]),
      );
      for (let round = 1; round <= effort.rounds; round++) {
        for (const competitor of competitors) {
          onProgress(
            `Round ${round} of ${effort.rounds}: ${competitor.name}`,
          );
          rounds.get(competitor)!.push(
            await measureRound(competitor, collector, effort),
          );
        }
      }

      const profiles: Profile[] = [];
      for (const competitor of competitors) {
        if (!profile || !PROFILED.includes(competitor.name)) continue;
        onProgress(`Profile: ${competitor.name}`);
        profiles.push(
          await profileDrain(competitor, collector, admin, effort.backlog),
        );
      }
      const deployed = competitors.find(({ name }) => name === engineName("function", "default"));
      if (deployed) onProgress("Next to a function that hangs");
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
        competitors: competitors.map((competitor) => resultOf(competitor, rounds.get(competitor)!)),
        claims,
        hung,
        profiles,
      };
    } finally {
      await Promise.all(competitors.map((competitor) => competitor.close()));
    }
  });
}

/** The deployed path, of which SQL alone is a part. */
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

function resultOf(competitor: Competitor, rounds: Round[]): CompetitorResult {
  const rates = rounds.flatMap((round) => round.stageTransitionsPerSecond ?? []);
  return {
    name: competitor.name,
    about: competitor.about,
    stageTransitionsPerSecond: overRounds(rates),
    idleFromCall: spread(rounds.map((round) => round.idleFromCall)),
    idleFromCommit: spread(rounds.map((round) => round.idleFromCommit)),
    chain: spread(rounds.map((round) => round.chain)),
    behindSlow: spread(rounds.map((round) => round.behindSlow)),
  };
}
