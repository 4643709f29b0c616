import type postgres from "postgres";
import { readHealth } from "../doctor/services.ts";
import type { Environment } from "../project/environments.ts";
import type { Report } from "./progress.ts";

/** The thresholds for rolling back (docs/deploying/rollback.md). */
export const THRESHOLDS = {
  /** The share of failed jobs among those that ended during the watch. */
  errorShare: 0.1,
  /** The least number of ended jobs for a meaningful share. */
  fewestJobs: 10,
  /** Seconds that due work may wait for a worker. */
  latencySeconds: 60,
  /** Consecutive checks that must exceed a threshold: a single one may be a restart. */
  looks: 2,
} as const;

/** Milliseconds between checks. */
export const LOOK_EVERY_MS = 15_000;
/** Milliseconds without an answer after which a database counts as down. */
const ANSWER_MS = 15_000;

/** The result of one check of a running release. */
export interface Observation {
  /** Absent if the database did not answer. */
  work?: Work;
  /** Unreachable dependencies; empty if all are up. */
  down: string[];
}

export interface Work {
  ended: number;
  failed: number;
  /** The waiting time of the oldest due message, in seconds. */
  latencySeconds: number;
}

/** The exceeded thresholds, as sentences. */
export function breaches({ work, down }: Observation): string[] {
  const found = work ? breachesOfWork(work) : [];
  if (down.length > 0) found.push(`down: ${down.join(", ")}`);
  return found;
}

function breachesOfWork({ ended, failed, latencySeconds }: Work): string[] {
  const found: string[] = [];
  if (
    ended >= THRESHOLDS.fewestJobs && failed / ended > THRESHOLDS.errorShare
  ) {
    found.push(
      `${failed} of ${ended} documents failed (more than ${THRESHOLDS.errorShare * 100} %)`,
    );
  }
  if (latencySeconds > THRESHOLDS.latencySeconds) {
    found.push(
      `due work has waited for ${Math.round(latencySeconds)} s (more than ${THRESHOLDS.latencySeconds} s)`,
    );
  }
  return found;
}

/** @param since excludes jobs that ended before the release */
async function observe(
  sql: postgres.Sql,
  functionsUrl: string,
  since: Date,
): Promise<Observation> {
  const [work, down] = await Promise.all([
    inTime(lookAtWork(sql, since)).catch(reasonOf),
    findDown(functionsUrl),
  ]);
  return typeof work === "string" ? { down: [...down, `the database, from here (${work})`] } : { work, down };
}

async function lookAtWork(sql: postgres.Sql, since: Date): Promise<Work> {
  const [jobs] = await sql`
    select count(*)::int as ended, count(*) filter (where state = 'deadletter')::int as failed
    from upload_pipeline.upload_jobs
    where finished_at >= ${since} and state in ('done', 'deadletter')`;
  const [{ latency }] = await sql`
    select oldest_message_seconds as latency from pipeline_internal.health_summary()`;
  return {
    ended: jobs.ended,
    failed: jobs.failed,
    latencySeconds: Number(latency),
  };
}

async function findDown(functionsUrl: string): Promise<string[]> {
  try {
    const { parts } = await readHealth(functionsUrl);
    const circuits = (parts.providers?.open_circuits ?? []) as string[];
    return [
      ...Object.entries(parts).filter(([, { status }]) => status === "unavailable").map(([name]) => name),
      ...circuits,
    ];
  } catch (error) {
    return [`api (${reasonOf(error)})`];
  }
}

function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`no answer within ${ANSWER_MS / 1000} s`)),
    ANSWER_MS,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Watches a release for some minutes. An unreachable API or database counts as down.
 * @returns the reasons for rolling back, as soon as there are any; empty if the release may stay
 */
export async function watchRelease(
  sql: postgres.Sql,
  { url }: Pick<Environment, "url">,
  minutes: number,
  report: Report,
  lookEveryMs = LOOK_EVERY_MS,
): Promise<string[]> {
  report(`\nWatching for ${minutes} minutes`);
  const since = new Date();
  const end = since.getTime() + minutes * 60_000;
  for (let inARow = 0;;) {
    const seen = await observe(sql, `${url}/functions/v1`, since);
    const found = breaches(seen);
    inARow = found.length > 0 ? inARow + 1 : 0;
    report(`  ${describe(seen)}`);
    if (inARow === THRESHOLDS.looks) {
      report(`\n✗ ${found.join("; ")}`);
      return found;
    }
    const left = end - Date.now();
    if (left <= 0 && inARow === 0) {
      report("✓ Within all thresholds.");
      return [];
    }
    await new Promise((resolve) => setTimeout(resolve, left > 0 ? Math.min(lookEveryMs, left) : lookEveryMs));
  }
}

function describe({ work, down }: Observation): string {
  return [
    work
      ? `${work.ended} documents ended, ${work.failed} failed; ` +
        `the oldest due work has waited ${Math.round(work.latencySeconds)} s`
      : "the state of the work is unknown",
    ...down.length > 0 ? [`down: ${down.join(", ")}`] : [],
  ].join("; ");
}
