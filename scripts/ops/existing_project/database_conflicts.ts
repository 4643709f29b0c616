import type postgres from "postgres";
import { clash, type Conflict, misplaced } from "./conflicts.ts";
import type { SqlObject } from "./sql_objects.ts";

/** What a database has of a list of objects, and which migrations are applied to it. */
export interface DatabaseFacts {
  conflicts: Conflict[];
  /** File names, as far as the history has them: `<version>_<name>.sql`. */
  applied: string[];
}

/** Reads only. @param objects what the pipeline creates */
export async function readDatabaseFacts(sql: postgres.Sql, objects: SqlObject[]): Promise<DatabaseFacts> {
  const where = "the database";
  const present = new Set<string>();
  for (const { kind, name } of await presentObjects(sql)) present.add(`${kind} ${name}`);
  const extensions = await sql<{ name: string; schema: string }[]>`
    select extname as name, extnamespace::regnamespace::text as schema from pg_extension
    where extname in ('vector', 'fuzzystrmatch', 'pgcrypto', 'uuid-ossp') and extnamespace::regnamespace::text <> 'extensions'`;
  return {
    conflicts: [
      ...objects.filter(({ kind, name }) => present.has(`${kind} ${name}`)).map((object) => ({
        ...clash(object, where),
        sentence: `${where} has the ${object.kind} ${object.name}, which the pipeline creates`,
      })),
      ...extensions.map(({ name, schema }) => misplaced(name, schema, where)),
    ],
    applied: await appliedMigrations(sql),
  };
}

async function presentObjects(sql: postgres.Sql): Promise<{ kind: string; name: string }[]> {
  const [has] = await sql<{ cron: boolean; pgmq: boolean; storage: boolean }[]>`
    select to_regclass('cron.job') is not null as cron, to_regclass('pgmq.meta') is not null as pgmq,
      to_regclass('storage.buckets') is not null as storage`;
  return [
    ...await sql<{ kind: string; name: string }[]>`
      select 'schema' as kind, nspname as name from pg_namespace
      union all select 'role', rolname from pg_roles
      union all select 'policy', polname || ' on ' || n.nspname || '.' || c.relname
        from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
      union all select 'trigger', tgname || ' on ' || n.nspname || '.' || c.relname
        from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
        where not tgisinternal`,
    ...has.cron
      ? await sql<{ kind: string; name: string }[]>`select 'cron job' as kind, jobname as name from cron.job`
      : [],
    ...has.pgmq
      ? await sql<{ kind: string; name: string }[]>`select 'queue' as kind, queue_name as name from pgmq.meta`
      : [],
    ...has.storage
      ? await sql<{ kind: string; name: string }[]>`select 'bucket' as kind, id as name from storage.buckets`
      : [],
  ];
}

async function appliedMigrations(sql: postgres.Sql): Promise<string[]> {
  const [{ exists }] = await sql`select to_regclass('supabase_migrations.schema_migrations') is not null as exists`;
  if (!exists) return [];
  const rows = await sql<{ version: string; name: string | null }[]>`
    select version, name from supabase_migrations.schema_migrations order by version`;
  return rows.map(({ version, name }) => `${version}_${name ?? ""}.sql`);
}
