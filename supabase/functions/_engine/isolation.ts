import type { Sql } from "../_shared/database.ts";
import { type ClaimedRow, createLeases, type Leases, type RunRow, toJob, toRun } from "./leases.ts";

/**
 * The leases of suspects: documents whose workers died. One run at a time processes one of them at a time; what it has
 * settled goes to its next stage like any other document.
 */
export function createIsolation(sql: Sql): Leases {
  const { extend, settle } = createLeases(sql);
  return {
    extend,
    // Without a continuation: such a run has nothing but its one suspect.
    settle: (stage, ended) => settle(stage, ended),

    async beginRun(stage, runId) {
      const [row] = await sql<RunRow[]>`
        select slots, lease_seconds, null as attempts
        from pipeline_internal.begin_isolated_run(${stage}, ${runId})`;
      return row ? toRun(stage, runId, row) : null;
    },

    async endRun(stage, runId, end, settledCount) {
      const [{ ended }] = await sql<{ ended: boolean }[]>`
        select pipeline_internal.end_isolated_run(${stage}, ${runId}, ${end}, ${settledCount}) as ended`;
      return ended;
    },

    // With a synchronous commit: if the suspect brings the database down, the database must know that it was being tried.
    async claim(stage, _limit, runId) {
      const rows = await sql<ClaimedRow[]>`
        select * from pipeline_internal.claim_isolated(${stage}, ${runId})`;
      return rows.map((row) => toJob(stage, row));
    },
  };
}
