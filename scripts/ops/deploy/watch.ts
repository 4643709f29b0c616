import type postgres from "postgres";
import { readHealth } from "../doctor/services.ts";
import type { Environment } from "../project/environments.ts";
import type { Report } from "./progress.ts";

/** When a release should go back (docs/deploying/rollback.md). */
export const THRESHOLDS = {
  /** Share of the jobs that ended since the watch began which ended in failure. */
  errorShare: 0.1,
  /** Fewer ended jobs than this say nothing of a share. */
  fewestJobs: 10,
  /** Seconds that due work waits before a worker takes it. */
  latencySeconds: 60,
  /** Looks in a row at which one of them must be crossed: a single one may be a restart. */
  looks: 2,
} as const;

/** Milliseconds from one look to the next. */
export const LOOK_EVERY_MS = 15_000;
/** Milliseconds after which a database that has not answered counts as down. */
const ANSWER_MS = 15_000;

/** What one look at a running release showed. */
export interface Observation {
  /** Absent if the database could not be asked. */
  work?: Work;
  /** What cannot be reached; empty if all is well. */
  down: string[];
}

export interface Work {
  ended: number;
  failed: number;
  /** How long the oldest due message has waited, in seconds. */
  latencySeconds: number;
}

/** The thresholds that are crossed, as sentences. */
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
      `${failed} of ${ended} documents failed (more than ${
        THRESHOLDS.errorShare * 100
      } %)`,
    );
  }
  if (latencySeconds > THRESHOLDS.latencySeconds) {
    found.push(
      `due work has waited for ${
        Math.round(latencySeconds)
      } s (more than ${THRESHOLDS.latencySeconds} s)`,
    );
  }
  return found;
}

/** @param since what ended before is not this release's doing */
async function observe(
  sql: postgres.Sql,
  functionsUrl: string,
  since: Date,
): Promise<Observation> {
  const [work, down] = await Promise.all([
    inTime(lookAtWork(sql, since)).catch(reasonOf),
    findDown(functionsUrl),
  ]);
  return typeof work === "string"
    ? { down: [...down, `the database, from here (${work})`] }
    : { work, down };
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
      ...Object.entries(parts).filter(([, { status }]) =>
        status === "unavailable"
      ).map(([name]) => name),
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
 * Watches a release for some minutes. What cannot be asked, be it the API or the database, counts as down.
 * @returns why it should go back, as soon as it should; nothing if it may stay
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
      report("✓ Within every threshold.");
      return [];
    }
    await new Promise((resolve) =>
      setTimeout(resolve, left > 0 ? Math.min(lookEveryMs, left) : lookEveryMs)
    );
  }
}

function describe({ work, down }: Observation): string {
  return [
    work
      ? `${work.ended} documents ended, ${work.failed} failed; ` +
        `the oldest due work has waited ${Math.round(work.latencySeconds)} s`
      : "the database does not say how the work goes",
    ...down.length > 0 ? [`down: ${down.join(", ")}`] : [],
  ].join("; ");
}
