import type postgres from "postgres";
import { advice, type Finding, met, unmet } from "./finding.ts";

/** The row of `pipeline_internal.live_report()`. */
export interface LiveReport {
  /** Whether `limits.live_status` is set. */
  is_on: boolean;
  has_realtime: boolean;
  has_policies: boolean;
  /** Messages of the last day that Realtime did not store. */
  unsent_count: number;
}

/** Whether owners receive the moves of their documents from Realtime. */
export async function checkLiveStatus(sql: postgres.Sql): Promise<Finding> {
  const [report] = await sql<[LiveReport]>`
    select is_on, has_realtime, has_policies, unsent_count::int from pipeline_internal.live_report()`;
  return judgeLiveStatus(report);
}

/** Whatever is missing, clients poll instead; only a policy that is missing is a fault of the pipeline's. */
export function judgeLiveStatus({ is_on, has_realtime, has_policies, unsent_count }: LiveReport): Finding {
  const requirement = "live status";
  if (!is_on) return met(requirement, "switched off (limits.live_status); clients poll");
  if (!has_realtime) {
    return advice(
      requirement,
      "Realtime has not prepared this database; clients poll",
      "Hosted Supabase prepares it when the first client connects. Without Realtime, switch live status off " +
        "(docs/operating/live.md).",
    );
  }
  if (!has_policies) {
    return unmet(
      requirement,
      "the policies on realtime.messages are missing: Realtime admits no owner; clients poll",
      "As SQL, as the role postgres: select pipeline_internal.open_live_topics();",
    );
  }
  if (unsent_count > 0) {
    return advice(
      requirement,
      `Realtime did not store ${unsent_count} messages of the last day; their clients read the status again`,
      "Search the database's log for WarnSendingBroadcastMessage. Without any client for some days Realtime creates no " +
        "partitions, until one connects.",
    );
  }
  return met(requirement, "Realtime broadcasts to the owners alone");
}
