import type { Origin } from "../_shared/audit.ts";
import type { Sql } from "../_shared/database.ts";
import type { Result } from "../_shared/database.types.ts";

export interface Delivery {
  eventId: string;
  eventType: string;
  /** LlamaParse's id of the job; null where the body has none. */
  providerJobId: string | null;
  /** This project's id of the job, from the path; null at the general URL. */
  jobId: string | null;
  requestId: string;
}

export type DeliveryOutcome =
  | "accepted"
  | "duplicate"
  | "unknown_job"
  | "ignored";

/** The reason of a refusal. */
export type Refusal = "too_large" | "invalid_signature" | "malformed";

export interface DeliverySummary {
  last_delivery_at: Date | null;
  deliveries_24h: number;
  /**
   * At least; only a limited number is recorded per minute (`boundRefusals`).
   */
  refused_24h: number;
}

/** The record of every callback, in the database. */
export interface WebhookLedger {
  receive(delivery: Delivery): Promise<DeliveryOutcome>;
  refuse(reason: Refusal, origin: Origin): Promise<void>;
  summary(): Promise<DeliverySummary>;
}

export function createWebhookLedger(sql: Sql): WebhookLedger {
  return {
    async receive({ eventId, eventType, providerJobId, jobId, requestId }) {
      const [row] = await sql<{ outcome: DeliveryOutcome }[]>`
        select pipeline_internal.receive_delivery(
          ${eventId}::text, ${eventType}::text, ${providerJobId}::text, ${jobId}::uuid, ${requestId}::text) as outcome`;
      return row.outcome;
    },

    async refuse(reason, { requestId, network }) {
      await sql`
        select pipeline_internal.refuse_delivery(${reason}::text, ${requestId}::text, ${network}::cidr)`;
    },

    async summary() {
      const [row] = await sql<Result<"pipeline_internal", "webhook_summary">[]>`
        select last_delivery_at, deliveries_24h, refused_24h
        from pipeline_internal.webhook_summary()`;
      return {
        last_delivery_at: row.last_delivery_at,
        deliveries_24h: Number(row.deliveries_24h),
        refused_24h: Number(row.refused_24h),
      };
    },
  };
}
