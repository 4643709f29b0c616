import type postgres from "postgres";
import {
  APPLICATION,
  CONNECTIONS_PER_ISOLATE,
} from "../../../supabase/functions/_shared/database.ts";
import { type Finding, met, unmet } from "./finding.ts";

/** Share of the connections in use above which there is too little room for a burst. */
const FULL = 0.8;
/** Invocations beside the stages': cleaning up, telling others, and trying suspects alone. */
const OTHER_INVOCATIONS = 3;
/** Isolates of the API and of the webhook without which nobody is answered; traffic adds to them. */
const ANSWERING_ISOLATES = 2;

export interface ConnectionsNeeded {
  /** What all stages at their bound hold, each invocation in an isolate of its own. */
  workers: number;
  /** One for each schedule, since pg_cron may open one for each run. */
  schedules: number;
  /** The least that the API and the webhook hold once they are called. */
  answering: number;
  total: number;
}

/** The most connections that the pipeline itself has at full load, but for those of API isolates that traffic adds. */
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

/** Whether what the pipeline needs at full load fits beside what others hold. */
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
    /** Of everybody, and of those who are not the pipeline. */
    used: number;
    others: number;
    /** What the server gives to who is no superuser. */
    allowed: number;
    needed: number;
  },
): Finding {
  const requirement = "connections";
  const remedy =
    "Lower max_invocations in pipeline_internal.stages, or choose a larger compute size (docs/deploying/sizing.md, Connections).";
  const found =
    `${used} of ${allowed} in use; at full load the pipeline needs ${needed}, others hold ${others}`;
  if (needed + others > allowed) {
    return unmet(
      requirement,
      `${found}: ${needed + others - allowed} too few`,
      remedy,
    );
  }
  return used / allowed < FULL
    ? met(requirement, found)
    : unmet(requirement, found, remedy);
}
