import type { Sql } from "../../_shared/database.ts";

export interface Health {
  oldest_message_seconds: number | null;
  waiting_messages: number;
  dead_letter_jobs: number;
  /** Providers that are not asked for the time being. */
  open_circuits: string[];
  migration: string | null;
}

export async function health(sql: Sql, signal: AbortSignal): Promise<Health> {
  const query = sql`
    select oldest_message_seconds, waiting_messages, dead_letter_jobs, open_circuits, migration
    from pipeline_internal.health_summary()`;
  const cancel = () => query.cancel();
  signal.addEventListener("abort", cancel);
  try {
    const [row] = await query;
    return {
      oldest_message_seconds: row.oldest_message_seconds,
      waiting_messages: Number(row.waiting_messages),
      dead_letter_jobs: Number(row.dead_letter_jobs),
      open_circuits: row.open_circuits,
      migration: row.migration,
    };
  } finally {
    // A cancellation that comes late would hit whatever its connection does next.
    signal.removeEventListener("abort", cancel);
  }
}
