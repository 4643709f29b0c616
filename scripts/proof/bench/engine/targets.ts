import type { Comparison } from "../comparison.ts";
import { engineName, type EngineSetting } from "./competitors/pipeline_engine.ts";
import type { EngineResult } from "./engine.ts";

const WAYS = ["sql", "function"] as const;

/** The targets, in the order of the tables. */
export function judgeEngine(result: EngineResult): Comparison[] {
  const competitor = (name: string) => result.competitors.find((each) => each.name === name);
  const rate = (name: string) => competitor(name)?.stageTransitionsPerSecond?.value;
  const time = (
    name: string,
    kind: "idleFromCall" | "idleFromCommit" | "chain",
  ) => competitor(name)?.[kind]?.p50;
  const pgBossDefaults = larger(
    rate("pg-boss, polling"),
    rate("pg-boss, notify"),
  );
  const baseline = time("baseline", "idleFromCommit");
  const ours = engineName("function", "default");
  const bareChain = ratio(time("baseline", "chain"), baseline);

  return [
    ...WAYS.flatMap((way) => {
      const compare = (
        setting: EngineSetting,
        other: string,
        pace: number | undefined,
        atLeast: number,
      ): Comparison => ({
        promise: `transitions/s, ${wayOf(way, setting)} ÷ ${other}`,
        factor: ratio(rate(engineName(way, setting)), pace),
        bound: { atLeast },
        limitedBy: `the writes of a transition${
          setting === "default" ? ", in transactions that settle at most a stage's slots" : ""
        }: see where the time goes`,
      });
      const graphile = rate("graphile-worker, default");
      return [
        compare("default", "pg-boss at its defaults", pgBossDefaults, 1),
        compare("batched", "pg-boss, batched", rate("pg-boss, batched"), 1),
        compare("default", "graphile-worker, default", graphile, 4),
        compare("batched", "graphile-worker, default", graphile, 4),
      ];
    }),
    {
      promise: "idle start p50, SQL alone ÷ graphile-worker, default",
      factor: ratio(
        time(engineName("sql", "default"), "idleFromCall"),
        time("graphile-worker, default", "idleFromCall"),
      ),
      bound: { atMost: 1.5 },
      limitedBy:
        "the statements before the task's first line: enqueue with its status, event and wake-up; begin the run; claim",
    },
    {
      promise: "idle start p50, function ÷ baseline",
      factor: ratio(time(ours, "idleFromCommit"), baseline),
      bound: { atMost: 3 },
      limitedBy:
        "what the function adds to the baseline: a second hop through its HTTP app, and the transaction that begins the run and claims",
    },
    {
      promise: "chain of three p50, function ÷ baseline",
      factor: ratio(time(ours, "chain"), baseline),
      bound: { atMost: 6 },
      limitedBy: bareChain === undefined
        ? "the way into the first task, and then two transactions that each settle one stage and begin the next"
        : `the chain itself: three bare hops, with nothing settled or begun, take ${
          bareChain.toFixed(1)
        }× by themselves`,
    },
    ...WAYS.map((way) => ({
      promise: `wait p95 behind a slow task, ${wayOf(way)} ÷ that task's time`,
      factor: ratio(
        competitor(engineName(way, "default"))?.behindSlow?.p95,
        result.effort.slowMs,
      ),
      bound: { atMost: 0.05 },
      limitedBy: "how soon a run whose slots are partly busy learns of new work",
    })),
    ...hungComparisons(result),
    {
      promise: claimPromise(result),
      factor: claimGrowth(result),
      bound: { atMost: 2 },
      limitedBy: "the plan of the statement that reads the queue",
    },
  ];
}

function hungComparisons({ hung }: EngineResult): Comparison[] {
  if (!hung) return [];
  const { timeoutMs, undisturbed, beside } = hung;
  return [
    {
      promise: "start p95 next to a function that hangs ÷ (undisturbed + the time its call is waited for)",
      factor: beside.p95 / (undisturbed.p95 + timeoutMs),
      bound: { atMost: 1 },
      limitedBy: "pg_net, which sends no call before all of the last batch are answered",
    },
    {
      promise: "start p50 next to a function that hangs ÷ undisturbed",
      factor: beside.p50 / undisturbed.p50,
      bound: { atMost: 2 },
      limitedBy: "the share of time that pg_net waits for that function",
    },
  ];
}

function wayOf(
  way: typeof WAYS[number],
  setting: EngineSetting = "default",
): string {
  return engineName(way, setting).replace("this engine, ", "");
}

function claimPromise({ claims }: EngineResult): string {
  const counts = claims[0]?.times.map(({ waiting }) => waiting.toLocaleString("en-US")) ??
    [];
  return `claim p50 with ${counts.at(-1)} waiting ÷ with ${counts.at(0)}`;
}

function claimGrowth({ claims }: EngineResult): number | undefined {
  const times = claims.find(({ name }) => name === "this engine")?.times;
  return ratio(times?.at(-1)?.p50, times?.at(0)?.p50);
}

function ratio(a?: number, b?: number): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}

function larger(a?: number, b?: number): number | undefined {
  return a === undefined || b === undefined ? a ?? b : Math.max(a, b);
}
