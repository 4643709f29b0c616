import type postgres from "postgres";
import { now, wait } from "../clock.ts";
import type { Collector } from "../collector.ts";
import { type Competitor, makeJobs } from "./competitor.ts";

/** Where a competitor's time goes while it drains a backlog, per stage transition. */
export interface Profile {
  name: string;
  /** From the first start to the last acknowledgement, divided by the stage transitions; milliseconds. */
  msPerStageTransition: number;
  /** Transactions of everything that runs on the database meanwhile. */
  commits: number;
  walBytes: number;
  /** The longest statements of clients. */
  statements: StatementShare[];
  /** The longest statements inside the engine's functions. */
  inside: StatementShare[];
}

export interface StatementShare {
  statement: string;
  calls: number;
  /** Server time. */
  ms: number;
}

const STATEMENTS_SHOWN = { sent: 5, inside: 12 };

/** Drains a backlog once more with the server's statement statistics on. Not part of the measured rounds. */
export async function profileDrain(
  competitor: Competitor,
  collector: Collector,
  admin: postgres.Sql,
  backlog: number,
): Promise<Profile> {
  const steps = competitor.steps[competitor.backlogOf].length;
  const jobs = makeJobs(Math.ceil(backlog / steps), competitor.backlogOf);
  const stageTransitions = jobs.length * steps;
  collector.clear();
  await competitor.start();
  try {
    await trackStatements(admin, "all");
    await competitor.prepare(jobs);
    await admin`select extensions.pg_stat_statements_reset()`;
    const before = await readCounters(admin);
    await competitor.enqueue(jobs);
    while (collector.starts().length < stageTransitions) await wait(5);
    const first = Math.min(...collector.starts().map(({ at }) => at));
    while (await competitor.isWorking()) await wait(5);
    const ms = now() - first;
    const after = await readCounters(admin);
    const perStageTransition = async (sent: boolean, count: number) =>
      (await readStatements(admin, sent, count)).map((share) => ({
        statement: share.statement,
        calls: share.calls / stageTransitions,
        ms: share.ms / stageTransitions,
      }));
    return {
      name: competitor.name,
      msPerStageTransition: ms / stageTransitions,
      commits: (after.commits - before.commits) / stageTransitions,
      walBytes: (after.wal - before.wal) / stageTransitions,
      statements: await perStageTransition(true, STATEMENTS_SHOWN.sent),
      inside: await perStageTransition(false, STATEMENTS_SHOWN.inside),
    };
  } finally {
    await trackStatements(admin, "top");
    await competitor.stop();
    await competitor.clear();
  }
}

async function readCounters(
  admin: postgres.Sql,
): Promise<{ commits: number; wal: number }> {
  // A session publishes its statistics after 10 s of idle time at the latest.
  await wait(10_500);
  const [row] = await admin<{ commits: number; wal: number }[]>`
    select (select xact_commit::float8 from pg_stat_database where datname = current_database()) as commits,
           pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal`;
  return row;
}

async function trackStatements(
  admin: postgres.Sql,
  which: "all" | "top",
): Promise<void> {
  await admin.unsafe(
    `alter system set pg_stat_statements.track = '${which}'`,
  );
  await admin`select pg_reload_conf()`;
}

/** Excludes this process' own statements. */
async function readStatements(
  admin: postgres.Sql,
  sent: boolean,
  count: number,
): Promise<StatementShare[]> {
  return await admin<StatementShare[]>`
    select left(regexp_replace(btrim(query), '\\s+', ' ', 'g'), 100) as statement, sum(calls)::float8 as calls,
           sum(total_exec_time)::float8 as ms
    from extensions.pg_stat_statements
    where toplevel = ${sent} and query not like '%pg_stat%' and query not like '%pg_wal%'
      and query not like '%where finished_at is null%'
    group by 1 order by ms desc limit ${count}`;
}
