import type postgres from "postgres";
import { now, wait } from "../clock.ts";
import type { Collector } from "../collector.ts";
import { percentile } from "../statistics.ts";
import { type Competitor, makeJobs } from "./competitor.ts";

/** From a commit to the task's first line, in milliseconds. */
export interface Starts {
  p50: number;
  p95: number;
  most: number;
}

export interface HungNeighbour {
  /** As long as the pipeline's own calls wait for an answer. */
  timeoutMs: number;
  /** As often as the sweeper calls a stage that does not answer. */
  everyMs: number;
  undisturbed: Starts;
  beside: Starts;
}

const EVERY_MS = 5_000;
/** The interval of jobs. It does not depend on the previous job's start, which would hide how many are delayed. */
const PACE_MS = 125;
const PERIODS = 4;
/** Longer than any call waits. */
const LOST_MS = 20_000;

/** How long work waits for its worker to be called while pg_net also calls a function that does not answer. */
export async function measureBesideHung(
  competitor: Competitor,
  collector: Collector,
  sql: postgres.Sql,
): Promise<HungNeighbour> {
  const timeoutMs = await callTimeout(sql);
  await competitor.start();
  try {
    // The first jobs, on a cold function, do not count.
    await measureStarts(competitor, collector, EVERY_MS / 5);
    const undisturbed = await measureStarts(
      competitor,
      collector,
      PERIODS * EVERY_MS,
    );
    const measuring = measureStarts(competitor, collector, PERIODS * EVERY_MS);
    for (let period = 0; period < PERIODS; period++) {
      await sql`
        select net.http_get(${collector.hangUrl}, timeout_milliseconds := ${timeoutMs})`;
      await wait(EVERY_MS);
    }
    return {
      timeoutMs,
      everyMs: EVERY_MS,
      undisturbed,
      beside: await measuring,
    };
  } finally {
    await competitor.stop();
    await competitor.clear();
  }
}

/** Reads the time-out of a call of the pipeline, in a transaction that is rolled back. */
async function callTimeout(sql: postgres.Sql): Promise<number> {
  const undone = new Error("undone");
  let timeoutMs = 0;
  await sql.begin(async (tx) => {
    const [{ id }] = await tx<{ id: string }[]>`
      select pipeline_internal.call_worker('none') as id`;
    const [queued] = await tx<{ ms: number }[]>`
      select timeout_milliseconds as ms from net.http_request_queue where id = ${id}`;
    timeoutMs = queued.ms;
    throw undone;
  }).catch((error) => {
    if (error !== undone) throw error;
  });
  return timeoutMs;
}

async function measureStarts(
  competitor: Competitor,
  collector: Collector,
  forMs: number,
): Promise<Starts> {
  const jobs = makeJobs(Math.floor(forMs / PACE_MS));
  await competitor.prepare(jobs);
  const begunAt = now();
  const times = await Promise.all(jobs.map(async (job, i) => {
    await wait(Math.max(0, begunAt + i * PACE_MS - now()));
    await competitor.enqueue([job]);
    const committedAt = now();
    const startedAt = await collector.startOf(
      job.id,
      competitor.steps.single.at(-1)!,
      LOST_MS,
    );
    return Math.max(0, startedAt - committedAt);
  }));
  return {
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    most: Math.max(...times),
  };
}
