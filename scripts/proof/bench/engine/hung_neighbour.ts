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
  /** As often as the sweep calls a stage that does not answer. */
  everyMs: number;
  undisturbed: Starts;
  beside: Starts;
}

const EVERY_MS = 5_000;
/** A job comes so often, whether or not the one before has begun: one that waits for it would hide how many are kept waiting. */
const PACE_MS = 125;
const PERIODS = 4;
/** More than any call waits. */
const LOST_MS = 20_000;

/** How long work waits for its worker to be called while another function, which pg_net calls too, does not answer. */
export async function measureBesideHung(
  side: Competitor,
  collector: Collector,
  sql: postgres.Sql,
): Promise<HungNeighbour> {
  const timeoutMs = await callTimeout(sql);
  await side.start();
  try {
    // The first ones, on a cold function, do not count.
    await measureStarts(side, collector, EVERY_MS / 5);
    const undisturbed = await measureStarts(
      side,
      collector,
      PERIODS * EVERY_MS,
    );
    const measuring = measureStarts(side, collector, PERIODS * EVERY_MS);
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
    await side.stop();
    await side.clear();
  }
}

/** What the pipeline says itself: it calls once, in a transaction that comes to nothing. */
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
  side: Competitor,
  collector: Collector,
  forMs: number,
): Promise<Starts> {
  const jobs = makeJobs(Math.floor(forMs / PACE_MS));
  await side.prepare(jobs);
  const begunAt = now();
  const times = await Promise.all(jobs.map(async (job, i) => {
    await wait(Math.max(0, begunAt + i * PACE_MS - now()));
    await side.enqueue([job]);
    const committedAt = now();
    const startedAt = await collector.startOf(
      job.id,
      side.steps.single.at(-1)!,
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
