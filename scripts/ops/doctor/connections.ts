import type postgres from "postgres";
import { APPLICATION, CONNECTIONS_PER_ISOLATE } from "../../../supabase/functions/_shared/database.ts";
import { type Finding, met, unmet } from "./finding.ts";

/** The share of used connections above which a burst may fail. */
const FULL = 0.8;
/** Invocations besides the stages': cleanup, notifications, and suspects. */
const OTHER_INVOCATIONS = 3;
/** The least isolates of the API and of the webhook; traffic adds more. */
const ANSWERING_ISOLATES = 2;

export interface ConnectionsNeeded {
  /** The connections of all stages at their limit, with one isolate for each invocation. */
  workers: number;
  /** One for each schedule, because pg_cron may open one for each run. */
  schedules: number;
  /** The least connections of the API and the webhook once they are called. */
  answering: number;
  total: number;
}

/** The pipeline's connections at full load, without further isolates of the API. */
export async function connectionsNeeded(
  sql: postgres.Sql,
): Promise<ConnectionsNeeded> {
  const [{ invocations, schedules }] = await sql`
    select (select sum(max_invocations)::int from pipeline_internal.stages) as invocations,
           (select count(*)::int from cron.job where jobname like 'pipeline-%') as schedules`;
  const workers = (invocations + OTHER_INVOCATIONS) * CONNECTIONS_PER_ISOLATE;
  const answering = ANSWERING_ISOLATES * CONNECTIONS_PER_ISOLATE;
  return {
    workers,
    schedules,
    answering,
    total: workers + schedules + answering,
  };
}

/** Whether the pipeline's connections at full load fit beside those of others. */
export async function checkConnections(sql: postgres.Sql): Promise<Finding> {
  const { total } = await connectionsNeeded(sql);
  const [{ used, others, allowed }] = await sql`
    select count(*)::int as used,
           count(*) filter (where application_name not like ${`${APPLICATION}-%`} and pid <> pg_backend_pid())::int as others,
           current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
             - coalesce(current_setting('reserved_connections', true), '0')::int as allowed
    from pg_stat_activity where backend_type = 'client backend'`;
  return judgeConnections({ used, others, allowed, needed: total });
}

export function judgeConnections(
  { used, others, allowed, needed }: {
    /** All used connections, and those of others. */
    used: number;
    others: number;
    /** The connections that the server allows to ordinary roles. */
    allowed: number;
    needed: number;
  },
): Finding {
  const requirement = "connections";
  const remedy =
    "Lower max_invocations in pipeline_internal.stages, or choose a larger compute size (docs/deploying/sizing.md, Connections).";
  const found = `${used} of ${allowed} in use; at full load the pipeline needs ${needed}, others use ${others}`;
  if (needed + others > allowed) {
    return unmet(
      requirement,
      `${found}: ${needed + others - allowed} too few`,
      remedy,
    );
  }
  return used / allowed < FULL ? met(requirement, found) : unmet(requirement, found, remedy);
}
