import type { Sql } from "../../_shared/database.ts";
import type { Result } from "../../_shared/database.types.ts";

export interface Health {
  oldest_message_seconds: number | null;
  waiting_messages: number;
  dead_letter_jobs: number;
  /** Providers whose circuit is open. */
  open_circuits: string[];
  migration: string | null;
}

/** @param timeoutMs the query's time-out */
export async function health(sql: Sql, timeoutMs: number): Promise<Health> {
  const [row] = await sql.begin(async (tx) => {
    await tx`select set_config('statement_timeout', ${`${timeoutMs}ms`}, true)`;
    return await tx<Result<"pipeline_internal", "health_summary">[]>`
      select oldest_message_seconds, waiting_messages, dead_letter_jobs, open_circuits, migration
      from pipeline_internal.health_summary()`;
  });
  return {
    oldest_message_seconds: row.oldest_message_seconds,
    waiting_messages: Number(row.waiting_messages),
    dead_letter_jobs: Number(row.dead_letter_jobs),
    open_circuits: row.open_circuits,
    migration: row.migration,
  };
}
