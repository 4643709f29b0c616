import type { Origin } from "../../_shared/audit.ts";
import type { Sql } from "../../_shared/database.ts";
import type { Result, Row } from "../../_shared/database.types.ts";

/** Whether the pipeline serves anonymous users, whom Auth creates without an address or a password. */
export async function allowsAnonymousUsers(sql: Sql): Promise<boolean> {
  const [row] = await sql<Row<"pipeline_internal", "limits">[]>`
    select allow_anonymous_users from pipeline_internal.limits`;
  return row.allow_anonymous_users;
}

/**
 * Null if the user's password proves identity now; else, since it was changed recently, the time from which it does.
 */
export async function passwordTrustedFrom(
  sql: Sql,
  userId: string,
): Promise<Date | null> {
  const [{ proves_from }] = await sql`
    select pipeline_internal.password_trusted_from(${userId}::uuid) as proves_from`;
  return proves_from as Date | null;
}

/** What deleting an account requires, in addition to the token of an active session. */
export interface RequiredProof {
  /** The account has a password. */
  password: boolean;
  secondFactor: boolean;
}

/** The proof of identity that deleting the account requires. */
export async function requiredProof(
  sql: Sql,
  userId: string,
): Promise<RequiredProof> {
  const [row] = await sql<Result<"pipeline_internal", "required_proof">[]>`
    select has_password, second_factor from pipeline_internal.required_proof(${userId}::uuid)`;
  return { password: row.has_password, secondFactor: row.second_factor };
}

/** The version that a user agreed to, and when, by the database's clock. */
export interface Consent {
  consent_version: string;
  consented_at: Date;
}

/** The outcome of an agreement: `outdated` if another version is required. */
export type RecordedConsent =
  | {
    outcome: "recorded" | "known";
    consentedAt: Date;
    requiredVersion: string | null;
  }
  | { outcome: "outdated"; requiredVersion: string };

/** Records that the user agrees to this version of the terms. */
export async function recordConsent(
  sql: Sql,
  userId: string,
  consentVersion: string,
  { requestId, network }: Origin,
): Promise<RecordedConsent> {
  const [row] = await sql`
    select * from pipeline_internal.record_consent(
      ${userId}::uuid, ${consentVersion}::text, ${requestId}::text, ${network}::cidr)`;
  if (row.outcome === "outdated") {
    return { outcome: "outdated", requiredVersion: row.required_version };
  }
  return {
    outcome: row.outcome,
    consentedAt: row.consented_at,
    requiredVersion: row.required_version,
  };
}

/** Null if the user has agreed to no version. */
export async function consent(
  sql: Sql,
  userId: string,
): Promise<Consent | null> {
  const [row] = await sql<Consent[]>`
    select consent_version, consented_at from pipeline_internal.consents where user_id = ${userId}::uuid`;
  return row ?? null;
}
