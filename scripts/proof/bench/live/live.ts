import type postgres from "postgres";
import { createPipelineEngine, type EngineSetting } from "../engine/competitors/pipeline_engine.ts";
import { withEngineStack } from "../engine/engine_stack.ts";
import { measureDrain } from "../engine/measure.ts";
import type { Environment } from "../machine.ts";
import { median } from "../statistics.ts";
import { processorSeconds } from "./processor_time.ts";

/** The smallest share of the rate without live status that is to be left with it. */
export const LEAST_RATIO = 0.9;

/** One backlog, drained with the switch on or off. */
export interface Drain {
  /** Stage transitions per second. */
  rate: number;
  /** The processor time of Postgres per stage transition, in microseconds. */
  serverUs: number;
  /** Messages per stage transition. */
  messages: number;
}

/** Of how many users the documents are: with as many users as documents, a batch shares no message. */
export const OWNERS = { "another each": Infinity, "20 users": 20 };
export type Owners = keyof typeof OWNERS;

export interface LiveCost {
  setting: EngineSetting;
  owners: Owners;
  on: Drain[];
  off: Drain[];
  /** The median of the pairs' ratios, on to off. */
  ratio: number;
}

const CASES: [EngineSetting, Owners][] = [
  ["default", "another each"],
  ["batched", "another each"],
  ["default", "20 users"],
  ["batched", "20 users"],
];

export interface LiveResult {
  environment: Environment;
  backlog: number;
  costs: LiveCost[];
}

export interface LiveBench {
  pairs: number;
  /** Stage transitions of each drain. */
  backlog: number;
  onProgress(step: string): void;
  /** Aborts the measurement. */
  signal: AbortSignal;
}

/** Drains backlogs with live status on and off, in turn, by the deployed path. */
export async function measureLive({ pairs, backlog, onProgress, signal }: LiveBench): Promise<LiveResult> {
  return await withEngineStack({ onProgress, signal }, async ({ admin, urls, userIds, environment, collector }) => {
    const costs: LiveCost[] = [];
    // Few users have more documents in work at once than the limit allows, as an operator's import would.
    await admin`update pipeline_internal.limits set active_documents_per_user = 10000`;
    for (const [setting, owners] of CASES) {
      const engine = createPipelineEngine("function", setting, urls, userIds.slice(0, OWNERS[owners]));
      const effort = { backlog, drainMs: 60_000 };
      const drain = async (isOn: boolean): Promise<Drain> => {
        await admin`update pipeline_internal.limits set live_status = ${isOn}`;
        const before = { seconds: await processorSeconds(admin), messages: await countMessages(admin) };
        const rate = await measureDrain(engine, collector, effort);
        const seconds = await processorSeconds(admin) - before.seconds;
        const messages = await countMessages(admin) - before.messages;
        await engine.clear();
        return { rate, serverUs: seconds * 1e6 / backlog, messages: messages / backlog };
      };
      try {
        await engine.install();
        await engine.start();
        onProgress(`Warming up: ${engine.name}`);
        for (const isOn of [true, false]) await drain(isOn);
        const on: Drain[] = [];
        const off: Drain[] = [];
        for (let pair = 1; pair <= pairs; pair++) {
          // The order alternates, so that a drift of the machine favours neither.
          for (const isOn of pair % 2 ? [true, false] : [false, true]) {
            (isOn ? on : off).push(await drain(isOn));
          }
          const rates = [off, on].map((drains) => Math.round(drains.at(-1)!.rate));
          onProgress(`Pair ${pair} of ${pairs}: ${engine.name}, ${owners}: ${rates.join(" off, ")} on`);
        }
        costs.push({ setting, owners, on, off, ratio: median(on.map(({ rate }, i) => rate / off[i].rate)) });
      } finally {
        await engine.stop();
        await engine.close();
      }
    }
    return { environment, backlog, costs };
  });
}

async function countMessages(admin: postgres.Sql): Promise<number> {
  const [{ count }] = await admin`select count(*)::int as count from realtime.messages`;
  return count;
}
