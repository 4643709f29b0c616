import type { AppContext } from "./app_context.ts";
import { clientNetwork } from "./client_address.ts";
import type { Sql } from "./database.ts";
import { hmacHex } from "./signature.ts";

/** Where a request came from, as the audit log stores it. */
export interface Origin {
  requestId: string;
  /** Wide enough for several people to share it: see `clientNetwork`. */
  network: string | null;
}

export function originOf(c: AppContext): Origin {
  return {
    requestId: c.var.requestId,
    network: clientNetwork(c.var.address),
  };
}

/** Actions that the database does not perform itself. SQL functions record the ones that they perform. */
export type AuditedAction = "export" | "account_deletion";

/** The audit log (`pipeline_internal.audit_log`), as far as the API writes to it. */
export interface AuditLog {
  record(act: AuditedAction, userId: string, origin: Origin): Promise<void>;
  /** A user signed up and agreed to this version of the terms. */
  recordSignUp(
    userId: string,
    consentVersion: string,
    origin: Origin,
  ): Promise<void>;
  /** @param code of the response to the failed sign-in */
  recordFailedSignIn(
    email: string,
    code: string,
    origin: Origin,
  ): Promise<void>;
}

/**
 * @param secret keys the digests of e-mail addresses of people without an account, so that a leaked digest reveals no
 * address
 */
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

/** Records what has already happened: a failure to record it is logged and does not change the response. */
export async function recordWithoutFailing(
  c: AppContext,
  recording: Promise<void>,
): Promise<void> {
  try {
    await recording;
  } catch (error) {
    c.var.log.error("audit entry not recorded", { error });
  }
}
