import type postgres from "postgres";
import { wait } from "../clock.ts";
import { type Ready, timeInTurn } from "./timing.ts";

/** What one request asks of the database server. */
export interface ServerShare {
  /** Statements that the functions and Storage send, those that begin and end transactions included. */
  statements: number;
  /** In the server, all of them together. */
  ms: number;
  /** The longest of them. */
  longest: { statement: string; calls: number; ms: number }[];
}

const SHOWN = 3;

/** Sends the requests one after the other, with the server's own account of them. */
export async function shareOfServer(
  admin: postgres.Sql,
  requests: Ready[],
): Promise<ServerShare> {
  await admin`select extensions.pg_stat_statements_reset()`;
  await timeInTurn(requests);
  // What a session did is in the statistics once it is idle.
  await wait(200);
  const rows = await admin<ServerShare["longest"]>`
    select left(regexp_replace(btrim(query), '\\s+', ' ', 'g'), 100) as statement,
           sum(calls)::float8 / ${requests.length}::int as calls, sum(total_exec_time) / ${requests.length}::int as ms
    from extensions.pg_stat_statements s
    join pg_roles r on r.oid = s.userid
    where toplevel and query not like '%pg_stat_statements%' and r.rolname <> 'supabase_admin'
    group by 1 having sum(calls) >= ${requests.length}::int / 2 order by ms desc`;
  const sum = (of: (row: typeof rows[number]) => number) =>
    rows.reduce((total, row) => total + of(row), 0);
  return {
    statements: Math.round(sum(({ calls }) => calls)),
    ms: sum(({ ms }) => ms),
    longest: rows.slice(0, SHOWN),
  };
}
