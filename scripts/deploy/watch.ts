import type postgres from "postgres";
import { readHealth } from "../doctor/services.ts";
import type { Environment } from "./environments.ts";
import type { Report } from "./progress.ts";

/** When a release should go back (docs/deploy.md, Rollback). */
export const THRESHOLDS = {
  /** Share of the jobs that ended since the deployment which ended in failure. */
  errorShare: 0.1,
  /** Fewer ended jobs than this say nothing of a share. */
  fewestJobs: 10,
  /** Seconds that due work waits before a worker takes it. */
  latencySeconds: 60,
} as const;

const LOOK_EVERY_MS = 15_000;
/** Looks in a row at which a service must be down: one may be a restart. */
const LOOKS_DOWN = 2;

/** What one look at a running release showed. */
export interface Observation {
  ended: number;
  failed: number;
  /** How long the oldest due message has waited, in seconds. */
  latencySeconds: number;
  /** What cannot be reached; empty if all is well. */
  down: string[];
}

/** Why a release should go back, as sentences; none if it may stay. */
export function breaches(
  { ended, failed, latencySeconds, down }: Observation,
): string[] {
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
  if (down.length > 0) found.push(`down: ${down.join(", ")}`);
  return found;
}

/** @param since what ended before is not this release's doing */
export async function observe(
  sql: postgres.Sql,
  functionsUrl: string,
  since: Date,
): Promise<Observation> {
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
    down: await findDown(functionsUrl),
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
    return [`api (${error instanceof Error ? error.message : error})`];
  }
}

/**
 * Watches a release for some minutes after its deployment.
 * @returns the exit code: 0 if it may stay, 1 if it should go back
 */
export async function watchRelease(
  sql: postgres.Sql,
  environment: Environment,
  minutes: number,
  report: Report,
): Promise<number> {
  report(`\nWatching for ${minutes} minutes`);
  const since = new Date();
  const end = since.getTime() + minutes * 60_000;
  let looksDown = 0;
  for (;;) {
    const seen = await observe(sql, `${environment.url}/functions/v1`, since);
    looksDown = seen.down.length > 0 ? looksDown + 1 : 0;
    const found = breaches({
      ...seen,
      down: looksDown >= LOOKS_DOWN ? seen.down : [],
    });
    report(
      `  ${seen.ended} documents ended, ${seen.failed} failed; ` +
        `the oldest due work has waited ${Math.round(seen.latencySeconds)} s` +
        (seen.down.length > 0 ? `; down: ${seen.down.join(", ")}` : ""),
    );
    if (found.length > 0) {
      report(`\n✗ This release should go back: ${found.join("; ")}.`);
      report(
        `  npm run rollback -- --project ${environment.name} --to <the version before>`,
      );
      return 1;
    }
    const left = end - Date.now();
    if (left <= 0) {
      report("✓ Within every threshold.");
      return 0;
    }
    await new Promise((resolve) =>
      setTimeout(resolve, Math.min(LOOK_EVERY_MS, left))
    );
  }
}
