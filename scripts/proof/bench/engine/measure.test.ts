import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Collector, startCollector } from "../collector.ts";
import { createReporter } from "../reporter.ts";
import { type Competitor, type Job, PLAIN_STEPS } from "./competitor.ts";
import { type Effort, measureRound } from "./measure.ts";

const EFFORT: Effort = {
  rounds: 1,
  warmUp: 1,
  backlog: 20,
  drainMs: Infinity,
  idleSamples: 3,
  idleMs: Infinity,
  chainSamples: 2,
  chainsMs: Infinity,
  fewSamples: 1,
  slowMs: 2_000,
  fastSamples: 2,
  timeoutMs: Infinity,
};

let collector: Collector;
beforeEach(() => {
  collector = startCollector();
});
afterEach(() => collector.stop());

/** An in-memory queue whose tasks start after a fixed delay. With one slot, a task waits for the previous one. */
function queueInMemory(
  { delayMs = 0, oneSlot = false }: { delayMs?: number; oneSlot?: boolean },
): Competitor & { log: string[] } {
  const reporter = createReporter(collector.url);
  const log: string[] = [];
  let working = 0;
  let stopped = false;
  let last: Promise<unknown> = Promise.resolve();
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  async function work(job: Job, step: number): Promise<void> {
    await pause(delayMs);
    if (stopped) return;
    reporter.started(job.id, step);
    await pause(job.sleepMs);
    if (job.kind === "chain" && step < 3) await work(job, step + 1);
  }
  function accept(job: Job): void {
    working++;
    const task = (oneSlot ? last : Promise.resolve())
      .then(() => stopped ? undefined : work(job, 1));
    last = task.finally(() => working--);
  }
  const nothing = () => Promise.resolve();
  return {
    name: "in memory",
    about: "",
    steps: PLAIN_STEPS,
    backlogOf: "single",
    isQueue: true,
    pollMs: 0,
    log,
    install: nothing,
    start(slots) {
      log.push(`start ${slots ?? "default"}`);
      stopped = false;
      return Promise.resolve();
    },
    async stop() {
      log.push("stop");
      stopped = true;
      // The last reports are still on their way.
      await pause(30);
    },
    prepare: nothing,
    enqueue(jobs) {
      jobs.forEach(accept);
      return Promise.resolve();
    },
    isWorking: () => Promise.resolve(working > 0),
    clear() {
      log.push("clear");
      return Promise.resolve();
    },
    close: nothing,
  };
}

describe("measureRound", () => {
  it("measures a competitor's times, and each step of a chain", async () => {
    const round = await measureRound(
      queueInMemory({ delayMs: 20 }),
      collector,
      EFFORT,
    );
    expect(round.idleFromCall).toHaveLength(3);
    for (const ms of round.idleFromCall) expect(ms).toBeGreaterThan(18);
    expect(round.chain).toHaveLength(2);
    for (const ms of round.chain) expect(ms).toBeGreaterThan(55);
    expect(round.stageTransitionsPerSecond).toBeGreaterThan(0);
    expect(round.behindSlow.length).toBeGreaterThan(0);
    for (const ms of round.behindSlow) expect(ms).toBeLessThan(2_000);
  });

  it("shows that a fast job waits for a slow one", async () => {
    const { behindSlow } = await measureRound(
      queueInMemory({ oneSlot: true }),
      collector,
      EFFORT,
    );
    expect(behindSlow[0]).toBeGreaterThan(150);
  });

  it(
    "measures the rate of a competitor that is too slow for the whole backlog",
    async () => {
      // The whole backlog would take 50 s, longer than the test's time-out.
      const { stageTransitionsPerSecond } = await measureRound(
        queueInMemory({ delayMs: 50, oneSlot: true }),
        collector,
        { ...EFFORT, backlog: 1_000, drainMs: 600, timeoutMs: -1 },
      );
      expect(stageTransitionsPerSecond).toBeGreaterThan(0);
      expect(stageTransitionsPerSecond).toBeLessThan(21);
    },
    30_000,
  );

  it("clears the competitor after each worker, and gives the second one two slots", async () => {
    const competitor = queueInMemory({});
    await measureRound(competitor, collector, EFFORT);
    expect(competitor.log).toEqual(
      ["start default", "stop", "clear", "start 2", "stop", "clear"],
    );
  });
});
