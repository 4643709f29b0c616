import { now, wait } from "../clock.ts";
import type { Collector } from "../collector.ts";
import { type Competitor, type Job, makeJobs } from "./competitor.ts";

/** How much is measured in each round. Times in milliseconds. */
export interface Effort {
  rounds: number;
  /** Jobs that a side has done before its samples are taken. */
  warmUp: number;
  /** Jobs handed over while a backlog is drained. */
  backlog: number;
  /** A side that is slower than this has its pace taken from what it did meanwhile. */
  drainMs: number;
  /** Samples of an idle side's start. */
  idleSamples: number;
  chainSamples: number;
  /** After so long no further sample of an idle start, or no further chain, is begun, once there are a few. */
  idleMs: number;
  chainsMs: number;
  fewSamples: number;
  /** How long the slow task takes, and how many fast ones come meanwhile, one after the other. */
  slowMs: number;
  fastSamples: number;
  /** Sides that poll more seldom than this have no chains and no waits measured: they take many polls. */
  timeoutMs: number;
}

/** What one side did in one round. */
export interface Round {
  /** Jobs handed over in a second. */
  stageTransitionsPerSecond?: number;
  /** From the call that enqueues to the task's first line. */
  idleFromCall: number[];
  /** From that call's return, when its transaction has committed, to the task's first line. */
  idleFromCommit: number[];
  /** From the commit of a chain's first job to the first line of its third task. */
  chain: number[];
  /** From the commit of a job without work, while a slow one runs, to its first line. */
  behindSlow: number[];
}

/** More than any side needs, so that only a side that lost a job reaches it. */
const LOST_MS = 20_000;
const DRAIN_POLL_MS = 5;
/** Pauses between samples, so that each finds an idle side. */
const PAUSE_MS = { least: 40, spread: 120 };

export async function measureRound(
  side: Competitor,
  collector: Collector,
  effort: Effort,
): Promise<Round> {
  const round: Round = {
    idleFromCall: [],
    idleFromCommit: [],
    chain: [],
    behindSlow: [],
  };
  collector.clear();
  await side.start();
  try {
    await warmUp(side, collector, effort);
    await measureIdle(side, collector, effort, round);
    if (side.pollMs <= effort.timeoutMs) {
      round.chain = await measureChains(side, collector, effort);
    }
    if (side.isQueue) {
      round.stageTransitionsPerSecond = await measureDrain(
        side,
        collector,
        effort,
      );
    }
  } finally {
    await side.stop();
  }
  await side.clear();
  if (!side.isQueue || side.pollMs > effort.timeoutMs) return round;

  // A side with one slot cannot but wait for the slow task: here each has at least two.
  await side.start(2);
  try {
    round.behindSlow = await measureBehindSlow(side, collector, effort);
  } finally {
    await side.stop();
  }
  await side.clear();
  return round;
}

/** Connections opened, code compiled, plans cached. */
async function warmUp(
  side: Competitor,
  collector: Collector,
  effort: Effort,
): Promise<void> {
  const jobs = makeJobs(
    effort.warmUp,
    side.isQueue ? side.backlogOf : "single",
  );
  await side.prepare(jobs);
  for (const job of jobs) {
    await side.enqueue([job]);
    await ended(side, collector, job);
  }
}

async function measureIdle(
  side: Competitor,
  collector: Collector,
  { idleSamples, idleMs, fewSamples }: Effort,
  round: Round,
): Promise<void> {
  const jobs = makeJobs(idleSamples);
  await side.prepare(jobs);
  const until = now() + idleMs;
  for (const job of jobs) {
    if (round.idleFromCall.length >= fewSamples && now() > until) break;
    await pause(side);
    const { calledAt, committedAt } = await enqueueNow(side, job);
    const startedAt = await ended(side, collector, job);
    round.idleFromCall.push(startedAt - calledAt);
    round.idleFromCommit.push(Math.max(0, startedAt - committedAt));
  }
}

async function measureChains(
  side: Competitor,
  collector: Collector,
  { chainSamples, chainsMs, fewSamples }: Effort,
): Promise<number[]> {
  const jobs = makeJobs(chainSamples, "chain");
  await side.prepare(jobs);
  const times: number[] = [];
  const until = now() + chainsMs;
  for (const job of jobs) {
    if (times.length >= fewSamples && now() > until) break;
    await pause(side);
    const { committedAt } = await enqueueNow(side, job);
    times.push(await ended(side, collector, job) - committedAt);
  }
  return times;
}

/** From the first start until nothing is left to acknowledge. */
async function measureDrain(
  side: Competitor,
  collector: Collector,
  { backlog, drainMs }: Effort,
): Promise<number> {
  const steps = side.steps[side.backlogOf].length;
  const jobs = makeJobs(Math.ceil(backlog / steps), side.backlogOf);
  const expected = jobs.length * steps;
  await side.prepare(jobs);
  collector.clear();
  await side.enqueue(jobs);

  const givenUpAt = now() + drainMs;
  while (collector.starts().length < expected && now() < givenUpAt) {
    await wait(DRAIN_POLL_MS);
  }
  const starts = collector.starts().map(({ at }) => at);
  const first = Math.min(...starts);
  if (starts.length < expected) {
    if (starts.length < 2) return starts.length / (drainMs / 1000);
    return (starts.length - 1) / (Math.max(...starts) - first) * 1000;
  }
  while (await side.isWorking()) await wait(DRAIN_POLL_MS);
  return expected / (now() - first) * 1000;
}

async function measureBehindSlow(
  side: Competitor,
  collector: Collector,
  { slowMs, fastSamples }: Effort,
): Promise<number[]> {
  const waits: number[] = [];
  // A side that polls may find the first one when it is too late to measure another; then a slow task comes again.
  while (waits.length === 0) {
    const [slow] = makeJobs(1, "single", slowMs);
    const fast = makeJobs(fastSamples);
    await side.prepare([slow, ...fast]);
    await side.enqueue([slow]);
    const slowUntil = await ended(side, collector, slow) + slowMs;
    for (const job of fast) {
      await wait(PAUSE_MS.least);
      // Only what comes while the slow task runs can wait for it.
      if (now() > slowUntil - slowMs / 4) break;
      const { committedAt } = await enqueueNow(side, job);
      waits.push(
        Math.max(0, await ended(side, collector, job) - committedAt),
      );
    }
    await wait(Math.max(0, slowUntil - now()) + PAUSE_MS.least);
  }
  return waits;
}

async function enqueueNow(
  side: Competitor,
  job: Job,
): Promise<{ calledAt: number; committedAt: number }> {
  const calledAt = now();
  await side.enqueue([job]);
  return { calledAt, committedAt: now() };
}

/** When the last step of the job began. */
function ended(
  side: Competitor,
  collector: Collector,
  job: Job,
): Promise<number> {
  const last = side.steps[job.kind].at(-1)!;
  return collector.startOf(job.id, last, LOST_MS);
}

/** Random over a whole period of a side that polls, so that the samples do not fall in step with it. */
function pause({ pollMs }: Competitor): Promise<void> {
  return wait(
    PAUSE_MS.least + Math.random() * Math.max(PAUSE_MS.spread, pollMs),
  );
}
