import type { Sql } from "../_shared/database.ts";
import {
  type ClaimedRow,
  createLeases,
  type Leases,
  type RunRow,
  toJob,
  toRun,
} from "./leases.ts";

/**
 * The engine's side of suspects: the documents of a stage that workers died of. A run has one of them at a time, it is the only
 * run of its kind, and what it has settled goes on among the others.
 */
export function createIsolation(sql: Sql): Leases {
  const { extend, settle } = createLeases(sql);
  return {
    extend,
    // Whatever the run would like to go on with: here it takes up nothing in passing.
    settle: (stage, settlements) => settle(stage, settlements),

    async beginRun(stage, runId) {
      const [row] = await sql<RunRow[]>`
        select slots, lease_seconds, null as jobs
        from pipeline_internal.begin_isolated_run(${stage}, ${runId})`;
      return row ? toRun(stage, runId, row) : null;
    },

    async endRun(stage, runId, end, settledCount) {
      const [{ ended }] = await sql<{ ended: boolean }[]>`
        select pipeline_internal.end_isolated_run(${stage}, ${runId}, ${end}, ${settledCount}) as ended`;
      return ended;
    },

    // Durable before it is tried: should it bring the database down, the database must know whom it had.
    async claim(stage, _count, runId) {
      const rows = await sql<ClaimedRow[]>`
        select * from pipeline_internal.claim_isolated(${stage}, ${runId})`;
      return rows.map((row) => toJob(stage, row));
    },
  };
}
