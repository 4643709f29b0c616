import type { AppContext } from "./app_context.ts";
import { clientNetwork } from "./client_address.ts";
import type { Sql } from "./database.ts";
import { hmacHex } from "./signature.ts";

/** Where a request came from, as the audit log keeps it. */
export interface Origin {
  requestId: string;
  /** Shared by several people: see `clientNetwork`. */
  network: string | null;
}

export function originOf(c: AppContext): Origin {
  return {
    requestId: c.var.requestId,
    network: clientNetwork(c.var.address),
  };
}

/** Acts of users that are not the database's own; those are recorded by the functions in SQL that do them. */
export type AuditedAction = "export" | "account_deletion";

/** `pipeline_internal.audit_log`, as far as the API writes to it. */
export interface AuditLog {
  record(act: AuditedAction, userId: string, origin: Origin): Promise<void>;
  /** Somebody signed up, and agreed to this version of the terms as they did. */
  recordSignUp(
    userId: string,
    consentVersion: string,
    origin: Origin,
  ): Promise<void>;
  /** @param code of the answer that they got */
  recordFailedSignIn(
    email: string,
    code: string,
    origin: Origin,
  ): Promise<void>;
}

/** @param secret makes digests of e-mail addresses, of people without an account, useless to whoever finds them */
export function createAuditLog(sql: Sql, secret: string): AuditLog {
  return {
    async record(act, userId, { requestId, network }) {
      await sql`
        select pipeline_internal.record_audit_entry(
          ${act}::text, ${userId}::uuid, p_request_id => ${requestId}::text, p_network => ${network}::cidr)`;
    },

    async recordSignUp(userId, consentVersion, { requestId, network }) {
      await sql`
        select pipeline_internal.record_sign_up(
          ${userId}::uuid, ${consentVersion}::text, ${requestId}::text, ${network}::cidr)`;
    },

    async recordFailedSignIn(email, code, { requestId, network }) {
      const digest = await hmacHex(secret, `email:${email.toLowerCase()}`);
      await sql`
        select pipeline_internal.record_failed_sign_in(
          ${email}::text, ${digest}::text, ${code}::text, ${requestId}::text, ${network}::cidr)`;
    },
  };
}

/** Records what has happened already: it stands, and is answered, even if it cannot be recorded. */
export async function recordAfterwards(
  c: AppContext,
  recording: Promise<void>,
): Promise<void> {
  try {
    await recording;
  } catch (error) {
    c.var.log.error("act not recorded", { error });
  }
}
