import type postgres from "postgres";
import { wait } from "../clock.ts";
import { type Ready, timeInTurn } from "./timing.ts";

/** The database server's work for one request. */
export interface ServerShare {
  /** Statements of the functions and Storage, including those that begin and end transactions. */
  statements: number;
  /** Their server time in total. */
  ms: number;
  /** Synced commits, and the duration of their syncs. */
  syncs: number;
  syncMs: number;
  /** The longest of the sent statements, and of those inside the called functions. */
  longest: Statement[];
  inside: Statement[];
}

export interface Statement {
  statement: string;
  calls: number;
  /** Server time without beginning and ending the transaction. */
  ms: number;
}

const SHOWN = { longest: 3, inside: 6 };

/** Sends the requests one by one with the server's statement statistics on. */
export async function shareOfServer(
  admin: postgres.Sql,
  requests: Ready[],
): Promise<ServerShare> {
  await keepAccount(admin, { of: "all", syncs: true });
  try {
    const before = await readSyncs(admin);
    await admin`select extensions.pg_stat_statements_reset()`;
    await timeInTurn(requests);
    const after = await readSyncs(admin);
    const sent = await readStatements(admin, true, requests.length);
    const inside = await readStatements(admin, false, requests.length);
    const sum = (of: (row: Statement) => number) => sent.reduce((total, row) => total + of(row), 0);
    return {
      statements: Math.round(sum(({ calls }) => calls)),
      ms: sum(({ ms }) => ms),
      syncs: (after.count - before.count) / requests.length,
      syncMs: (after.ms - before.ms) / requests.length,
      longest: sent.slice(0, SHOWN.longest),
      inside: inside.slice(0, SHOWN.inside),
    };
  } finally {
    await keepAccount(admin, { of: "top", syncs: false });
  }
}

async function keepAccount(
  admin: postgres.Sql,
  { of, syncs }: { of: "all" | "top"; syncs: boolean },
): Promise<void> {
  await admin.unsafe(`alter system set pg_stat_statements.track = '${of}'`);
  await admin.unsafe(`alter system set track_wal_io_timing = ${syncs}`);
  await admin`select pg_reload_conf()`;
}

async function readSyncs(
  admin: postgres.Sql,
): Promise<{ count: number; ms: number }> {
  // A session's statistics are published once it is idle for a moment.
  await wait(1_100);
  const [row] = await admin<{ count: number; ms: number }[]>`
    select wal_sync::float8 as count, wal_sync_time as ms from pg_stat_wal`;
  return row;
}

/** Per request. */
function readStatements(
  admin: postgres.Sql,
  sent: boolean,
  requests: number,
): Promise<Statement[]> {
  return admin<Statement[]>`
    select left(regexp_replace(btrim(query), '\\s+', ' ', 'g'), 100) as statement,
           sum(calls)::float8 / ${requests}::int as calls, sum(total_exec_time) / ${requests}::int as ms
    from extensions.pg_stat_statements s
    join pg_roles r on r.oid = s.userid
    where toplevel = ${sent} and query not like '%pg_stat_%' and r.rolname <> 'supabase_admin'
    group by 1 having sum(calls) >= ${requests}::int / 2 order by ms desc`;
}
