import type postgres from "postgres";

/** A table at one time. */
export interface TableState {
  name: string;
  /** Bytes, including indexes and TOAST. */
  bytes: number;
  live: number;
  dead: number;
  vacuums: number;
}

const SCHEMAS = ["upload_pipeline", "pipeline_internal", "pgmq", "cron", "net"];

/** Every table that the pipeline fills, including those of its extensions. */
export async function readTables(sql: postgres.Sql): Promise<TableState[]> {
  const rows = await sql`
    select schemaname || '.' || relname as name, pg_total_relation_size(relid)::float8 as bytes,
           n_live_tup::float8 as live, n_dead_tup::float8 as dead, (autovacuum_count + vacuum_count)::int as vacuums
    from pg_stat_user_tables where schemaname = any (${SCHEMAS}) order by 1`;
  return rows.map((row) => ({ ...row } as TableState));
}

/** A table's development from the first full sample to the last. */
export interface Growth {
  name: string;
  firstBytes: number;
  lastBytes: number;
  /** The final size divided by that at half-time: about 1 once a table stops growing. */
  factor: number;
  live: number;
  /** The most dead rows at one time. */
  mostDead: number;
  vacuums: number;
}

/** Tables that are at least `leastBytes` large at the end, largest first. */
export function growthOf(
  samples: TableState[][],
  leastBytes = 256 * 1024,
): Growth[] {
  const middle = samples[Math.floor((samples.length - 1) / 2)];
  const last = samples.at(-1) ?? [];
  const bytesIn = (sample: TableState[], name: string) => sample.find((table) => table.name === name)?.bytes ?? 0;
  return last.filter(({ bytes }) => bytes >= leastBytes)
    .map(({ name, bytes, live, vacuums }) => ({
      name,
      firstBytes: bytesIn(samples[0], name),
      lastBytes: bytes,
      factor: bytes / Math.max(1, bytesIn(middle, name)),
      live,
      mostDead: Math.max(
        ...samples.map((sample) => sample.find((table) => table.name === name)?.dead ?? 0),
      ),
      vacuums,
    }))
    .sort((a, b) => b.lastBytes - a.lastBytes);
}
