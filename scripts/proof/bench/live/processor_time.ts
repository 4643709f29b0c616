import type postgres from "postgres";

/** Linux counts processor time in ticks of this many a second, on every architecture. */
const TICKS_PER_SECOND = 100;

/**
 * The processor time that the connected sessions of this machine's Postgres have taken so far, in seconds. The
 * difference of two calls is meaningful while no session ends.
 */
export async function processorSeconds(admin: postgres.Sql): Promise<number> {
  const sessions = await admin<{ pid: number }[]>`
    select pid from pg_stat_activity where backend_type = 'client backend'`;
  let ticks = 0;
  for (const { pid } of sessions) {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    // The fields after the name, which is in parentheses and may contain anything; the 14th and 15th of all.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}
