import { now, wait } from "../clock.ts";
import type { Collector } from "../collector.ts";
import { type Competitor, type Job, makeJobs } from "./competitor.ts";

/** The amount of work in each round. Times in milliseconds. */
export interface Effort {
  rounds: number;
  /** Jobs before the first sample. */
  warmUp: number;
  /** Stage transitions while a backlog is drained. */
  backlog: number;
  /** A competitor that needs longer is measured over this time. */
  drainMs: number;
  /** Samples of an idle competitor's start. */
  idleSamples: number;
  chainSamples: number;
  /** After this time no further idle start or chain is sampled, if there are a few. */
  idleMs: number;
  chainsMs: number;
  fewSamples: number;
  /** The duration of the slow task, and the number of fast ones that follow each other meanwhile. */
  slowMs: number;
  fastSamples: number;
  /** Competitors with longer polling intervals are measured without chains and waits, which take many polls. */
  timeoutMs: number;
}

/** One competitor's samples in one round. */
export interface Round {
  /** Stage transitions per second. */
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

/** Longer than any competitor needs, so that it is reached only when a job is lost. */
const LOST_MS = 20_000;
const DRAIN_POLL_MS = 5;
/** Pauses between samples, so that each finds an idle competitor. */
const PAUSE_MS = { least: 40, spread: 120 };

export async function measureRound(
  competitor: Competitor,
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
  await competitor.start();
  try {
    await warmUp(competitor, collector, effort);
    await measureIdle(competitor, collector, effort, round);
    if (competitor.pollMs <= effort.timeoutMs) {
      round.chain = await measureChains(competitor, collector, effort);
    }
    if (competitor.isQueue) {
      round.stageTransitionsPerSecond = await measureDrain(
        competitor,
        collector,
        effort,
      );
    }
  } finally {
    await competitor.stop();
  }
  await competitor.clear();
  if (!competitor.isQueue || competitor.pollMs > effort.timeoutMs) return round;

  // A competitor with one slot would have to wait for the slow task: here each has at least two.
  await competitor.start(2);
  try {
    round.behindSlow = await measureBehindSlow(competitor, collector, effort);
  } finally {
    await competitor.stop();
  }
  await competitor.clear();
  return round;
}

/** Opens connections, compiles code and caches plans. */
async function warmUp(
  competitor: Competitor,
  collector: Collector,
  effort: Effort,
): Promise<void> {
  const jobs = makeJobs(
    effort.warmUp,
    competitor.isQueue ? competitor.backlogOf : "single",
  );
  await competitor.prepare(jobs);
  for (const job of jobs) {
    await competitor.enqueue([job]);
    await ended(competitor, collector, job);
  }
}

async function measureIdle(
  competitor: Competitor,
  collector: Collector,
  { idleSamples, idleMs, fewSamples }: Effort,
  round: Round,
): Promise<void> {
  const jobs = makeJobs(idleSamples);
  await competitor.prepare(jobs);
  const until = now() + idleMs;
  for (const job of jobs) {
    if (round.idleFromCall.length >= fewSamples && now() > until) break;
    await pause(competitor);
    const { calledAt, committedAt } = await enqueueNow(competitor, job);
    const startedAt = await ended(competitor, collector, job);
    round.idleFromCall.push(startedAt - calledAt);
    round.idleFromCommit.push(Math.max(0, startedAt - committedAt));
  }
}

async function measureChains(
  competitor: Competitor,
  collector: Collector,
  { chainSamples, chainsMs, fewSamples }: Effort,
): Promise<number[]> {
  const jobs = makeJobs(chainSamples, "chain");
  await competitor.prepare(jobs);
  const times: number[] = [];
  const until = now() + chainsMs;
  for (const job of jobs) {
    if (times.length >= fewSamples && now() > until) break;
    await pause(competitor);
    const { committedAt } = await enqueueNow(competitor, job);
    times.push(await ended(competitor, collector, job) - committedAt);
  }
  return times;
}

/** From the first start until nothing is left to acknowledge. */
export async function measureDrain(
  competitor: Competitor,
  collector: Collector,
  { backlog, drainMs }: Pick<Effort, "backlog" | "drainMs">,
): Promise<number> {
  const steps = competitor.steps[competitor.backlogOf].length;
  const jobs = makeJobs(Math.ceil(backlog / steps), competitor.backlogOf);
  const expected = jobs.length * steps;
  await competitor.prepare(jobs);
  collector.clear();
  await competitor.enqueue(jobs);

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
  while (await competitor.isWorking()) await wait(DRAIN_POLL_MS);
  return expected / (now() - first) * 1000;
}

async function measureBehindSlow(
  competitor: Competitor,
  collector: Collector,
  { slowMs, fastSamples }: Effort,
): Promise<number[]> {
  const waits: number[] = [];
  // A polling competitor may start the first task too late to measure another; then a slow task is repeated.
  while (waits.length === 0) {
    const [slow] = makeJobs(1, "single", slowMs);
    const fast = makeJobs(fastSamples);
    await competitor.prepare([slow, ...fast]);
    await competitor.enqueue([slow]);
    const slowUntil = await ended(competitor, collector, slow) + slowMs;
    for (const job of fast) {
      await wait(PAUSE_MS.least);
      // Only jobs that arrive while the slow task runs can wait for it.
      if (now() > slowUntil - slowMs / 4) break;
      const { committedAt } = await enqueueNow(competitor, job);
      waits.push(
        Math.max(0, await ended(competitor, collector, job) - committedAt),
      );
    }
    await wait(Math.max(0, slowUntil - now()) + PAUSE_MS.least);
  }
  return waits;
}

async function enqueueNow(
  competitor: Competitor,
  job: Job,
): Promise<{ calledAt: number; committedAt: number }> {
  const calledAt = now();
  await competitor.enqueue([job]);
  return { calledAt, committedAt: now() };
}

/** When the last step of the job started. */
function ended(
  competitor: Competitor,
  collector: Collector,
  job: Job,
): Promise<number> {
  const last = competitor.steps[job.kind].at(-1)!;
  return collector.startOf(job.id, last, LOST_MS);
}

/** A random share of a polling competitor's interval, so that samples are spread over it. */
function pause({ pollMs }: Competitor): Promise<void> {
  return wait(
    PAUSE_MS.least + Math.random() * Math.max(PAUSE_MS.spread, pollMs),
  );
}
