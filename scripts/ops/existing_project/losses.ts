import type postgres from "postgres";
import { VAULT_NAMES } from "./removal_migration.ts";

export interface Loss {
  what: string;
  /** Absent if no database was asked. */
  count?: number;
}

const KINDS: { what: string; query: string }[] = [
  { what: "documents, with their jobs, chunks and events", query: "select count(*) from upload_pipeline.documents" },
  { what: "users with documents", query: "select count(distinct user_id) from upload_pipeline.documents" },
  { what: "files in the bucket files", query: "select count(*) from storage.objects where bucket_id = 'files'" },
  { what: "entries of the audit log", query: "select count(*) from pipeline_internal.audit_log" },
  { what: "charges of providers", query: "select count(*) from pipeline_internal.charges" },
  { what: "webhooks of your applications", query: "select count(*) from pipeline_internal.endpoints" },
  { what: "cron jobs", query: "select count(*) from cron.job where jobname like 'pipeline-%'" },
  { what: "secrets in Vault", query: `select count(*) from vault.secrets where name ~ '${VAULT_NAMES}'` },
];

/** What a removal would delete. @param sql undefined if no database is asked: then without numbers */
export async function readLosses(sql: postgres.Sql | undefined): Promise<Loss[]> {
  if (!sql) return KINDS.map(({ what }) => ({ what }));
  const [{ exists }] = await sql`select to_regclass('upload_pipeline.documents') is not null as exists`;
  if (!exists) return [];
  return await Promise.all(KINDS.map(async ({ what, query }) => {
    const [{ count }] = await sql.unsafe(query);
    return { what, count: Number(count) };
  }));
}
