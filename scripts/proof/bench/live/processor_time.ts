import type postgres from "postgres";

/** Linux counts processor time in ticks of this many a second, on every architecture. */
const TICKS_PER_SECOND = 100;

/** The processor time that all sessions of this machine's Postgres have taken so far, in seconds, ended ones included. */
export async function processorSeconds(admin: postgres.Sql): Promise<number> {
  const sessions = await admin<{ pid: number }[]>`
    select pid from pg_stat_activity where backend_type = 'client backend'`;
  const taken = await Promise.all(sessions.map(({ pid }) => readStat(pid)));
  const server = await readStat(taken.find((stat) => stat !== undefined)!.parent);
  // The server's own count of its ended children.
  const ticks = taken.reduce((sum, stat) => sum + (stat?.ticks ?? 0), server!.ticksOfEnded);
  return ticks / TICKS_PER_SECOND;
}

/** @returns undefined for a process that has ended meanwhile */
async function readStat(pid: number) {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (stat === undefined) return undefined;
  // The fields after the name, which is in parentheses and may contain anything: the third and later ones of proc(5).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  return { parent: fields[1], ticks: fields[11] + fields[12], ticksOfEnded: fields[13] + fields[14] };
}
