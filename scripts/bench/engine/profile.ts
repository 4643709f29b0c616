import type postgres from "postgres";
import { now, wait } from "../clock.ts";
import type { Collector } from "../collector.ts";
import { type Contender, type Job, makeJobs } from "./contender.ts";

/** Where a side's time goes, for each hand-off of a backlog that is drained, or for each chain of an idle side. */
export interface Profile {
  name: string;
  of: "hand-off" | "chain";
  /** By the clock, in milliseconds: a drain's time divided by its hand-offs, or a chain's from commit to its last start. */
  msEach: number;
  /** Transactions, of everything that runs on the database meanwhile. */
  commits: number;
  walBytes: number;
  /** The statements that clients sent and that took longest. */
  statements: StatementShare[];
  /** The statements within them, inside the engine's functions, that took longest. */
  inside: StatementShare[];
}

export interface StatementShare {
  statement: string;
  calls: number;
  /** In the server. */
  ms: number;
}

const STATEMENTS_SHOWN = { sent: 5, inside: 12 };
const CHAIN_PAUSE_MS = 100;
/** More than any chain needs. */
const CHAIN_LOST_MS = 20_000;

/** Drains a backlog once more with the server's own account of it. Not part of the measured rounds. */
export function profileDrain(
  side: Contender,
  collector: Collector,
  admin: postgres.Sql,
  backlog: number,
): Promise<Profile> {
  const steps = side.steps[side.backlogOf].length;
  const jobs = makeJobs(Math.ceil(backlog / steps), side.backlogOf);
  const count = jobs.length * steps;
  return profileOf(side, admin, { of: "hand-off", jobs, count }, async () => {
    collector.clear();
    await side.enqueue(jobs);
    while (collector.starts().length < count) await wait(5);
    const first = Math.min(...collector.starts().map(({ at }) => at));
    while (await side.isWorking()) await wait(5);
    return now() - first;
  });
}

/** Chains of an idle side, one after the other, with the server's own account of them. */
export function profileChains(
  side: Contender,
  collector: Collector,
  admin: postgres.Sql,
  count: number,
): Promise<Profile> {
  const jobs = makeJobs(count, "chain");
  const last = side.steps.chain.at(-1)!;
  return profileOf(side, admin, { of: "chain", jobs, count }, async () => {
    let ms = 0;
    for (const job of jobs) {
      await wait(CHAIN_PAUSE_MS);
      await side.enqueue([job]);
      const committedAt = now();
      ms += await collector.startOf(job.id, last, CHAIN_LOST_MS) - committedAt;
    }
    return ms;
  });
}

/** @param work what is profiled; returns how many milliseconds all of it took */
async function profileOf(
  side: Contender,
  admin: postgres.Sql,
  { of, jobs, count }: { of: Profile["of"]; jobs: Job[]; count: number },
  work: () => Promise<number>,
): Promise<Profile> {
  await side.start();
  try {
    await trackStatements(admin, "all");
    await side.prepare(jobs);
    await admin`select extensions.pg_stat_statements_reset()`;
    const before = await readCounters(admin);
    const ms = await work();
    const after = await readCounters(admin);
    const each = async (sent: boolean, shown: number) =>
      (await readStatements(admin, sent, shown)).map((share) => ({
        statement: share.statement,
        calls: share.calls / count,
        ms: share.ms / count,
      }));
    return {
      name: side.name,
      of,
      msEach: ms / count,
      commits: (after.commits - before.commits) / count,
      walBytes: (after.wal - before.wal) / count,
      statements: await each(true, STATEMENTS_SHOWN.sent),
      inside: await each(false, STATEMENTS_SHOWN.inside),
    };
  } finally {
    await trackStatements(admin, "top");
    await side.stop();
    await side.clear();
  }
}

async function readCounters(
  admin: postgres.Sql,
): Promise<{ commits: number; wal: number }> {
  // A session publishes its statistics when it has been idle for 10 s at the latest.
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

/** What this process itself asks is left out. */
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
