import postgres from "postgres";
import { type AppliedMigration, findEdits, type MigrationEdit, parseSchemaGrant } from "./migration_edits.ts";
import { readMigrationFiles } from "./migrations.ts";
import { normalise } from "./sql_statements.ts";

/** What became of a migration that was edited after it had been applied. */
export type EditOutcome =
  & { file: string }
  & (
    /** The database has the edit now: what was replaced or added. */
    | { outcome: "applied"; subjects: string[] }
    /** Only an empty database can have it, for these reasons. */
    | { outcome: "needs reset"; reasons: string[] }
    /** Postgres refuses it; nothing of it was applied. */
    | { outcome: "failed"; message: string }
  );

/** A statement waits so long for others to let go of what it replaces, in milliseconds. */
const LOCK_TIMEOUT_MS = 5_000;

/** What Postgres says of a replacement that only a new object could be, such as a function with another result. */
const NOT_REPLACEABLE = [
  /** invalid_function_definition */
  "42P13",
  /** invalid_table_definition, which it says of views */
  "42P16",
  /** wrong_object_type */
  "42809",
];

/**
 * The migrations of `projectDir` that were edited after this database had them applied.
 * @param databaseUrl of the role postgres
 */
export async function readEdits(
  databaseUrl: string,
  projectDir: string,
): Promise<MigrationEdit[]> {
  return await withConnection(databaseUrl, (sql) => editsOf(sql, projectDir));
}

/**
 * Applies the edits of migrations that change only functions, procedures, views, triggers, comments, and add grants:
 * each migration in one transaction, after which the migration history has the edited statements. A function keeps the
 * settings that other migrations gave it; a new one gets the grants that they make on all functions of its schema.
 * @param databaseUrl of the role postgres
 * @returns one for each migration that was edited, in order
 */
export async function reapplyEdits(
  databaseUrl: string,
  projectDir: string,
): Promise<EditOutcome[]> {
  return await withConnection(databaseUrl, async (sql) => {
    const outcomes: EditOutcome[] = [];
    for (const edit of await editsOf(sql, projectDir)) {
      outcomes.push(await reapply(sql, edit));
    }
    return outcomes;
  });
}

async function withConnection<T>(
  databaseUrl: string,
  use: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return await use(sql);
  } finally {
    await sql.end();
  }
}

async function editsOf(
  sql: postgres.Sql,
  projectDir: string,
): Promise<MigrationEdit[]> {
  const [{ exists }] = await sql`
    select to_regclass('supabase_migrations.schema_migrations') is not null as exists`;
  if (!exists) return [];
  const applied = await sql<AppliedMigration[]>`
    select version, statements from supabase_migrations.schema_migrations`;
  return findEdits(applied, await readMigrationFiles(projectDir));
}

async function reapply(
  sql: postgres.Sql,
  edit: MigrationEdit,
): Promise<EditOutcome> {
  const { file, obstacles } = edit;
  if (obstacles.length > 0) {
    return { file, outcome: "needs reset", reasons: obstacles };
  }
  let at = edit.changed[0];
  try {
    await sql.begin(async (transaction) => {
      await transaction.unsafe(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
      const before = await readFunctions(transaction);
      const changes = new Map(
        edit.changed.map((change) => [change.statement, change]),
      );
      let added: KnownFunction[] = [];
      for (const statement of edit.statements) {
        const change = changes.get(statement);
        if (change) {
          at = change;
          await transaction.unsafe(change.sql);
          added = await addedTo(transaction, before);
        } else await grantOn(transaction, added, statement.code);
      }
      for (const grant of edit.laterGrants) {
        await grantOn(transaction, added, grant);
      }
      await restoreSettings(transaction, before, edit);
      await transaction`
        update supabase_migrations.schema_migrations
        set statements = ${edit.statements.map(({ text }) => text)}
        where version = ${edit.version}`;
    });
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    if (NOT_REPLACEABLE.includes(error.code)) {
      const reason = `${at.subject}: ${error.message}`;
      return { file, outcome: "needs reset", reasons: [reason] };
    }
    const lines = at.sql.slice(0, Number(error.position ?? 0)).split("\n");
    const line = at.statement.line + lines.length - 1;
    const message = `line ${line}: ${error.message}`;
    return { file, outcome: "failed", message };
  }
  const subjects = edit.changed.map(({ subject }) => subject);
  return { file, outcome: "applied", subjects };
}

interface KnownFunction {
  oid: number;
  schema: string;
  name: string;
  signature: string;
  /** Such as `jit=off`; a replacement takes them away. */
  settings: string[];
}

async function readFunctions(
  sql: postgres.TransactionSql,
): Promise<KnownFunction[]> {
  return await sql<KnownFunction[]>`
    select p.oid::int8::int as oid, n.nspname as schema, p.proname as name,
      p.oid::regprocedure::text as signature, coalesce(p.proconfig, '{}') as settings
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname <> 'pg_catalog'`;
}

async function addedTo(
  sql: postgres.TransactionSql,
  before: KnownFunction[],
): Promise<KnownFunction[]> {
  const known = new Set(before.map(({ oid }) => oid));
  return (await readFunctions(sql)).filter(({ oid }) => !known.has(oid));
}

/** Does to new functions what a grant or revocation has done to all that were in their schema. */
async function grantOn(
  sql: postgres.TransactionSql,
  added: KnownFunction[],
  statement: string,
): Promise<void> {
  if (added.length === 0) return;
  const grant = parseSchemaGrant(statement);
  if (!grant) return;
  for (const { schema, signature } of added) {
    if (!grant.schemas.includes(schema)) continue;
    await sql.unsafe(`${grant.what} on routine ${signature} ${grant.whom}`);
  }
}

/** Gives functions back the settings that they had from elsewhere than from the statements that made them. */
async function restoreSettings(
  sql: postgres.TransactionSql,
  before: KnownFunction[],
  edit: MigrationEdit,
): Promise<void> {
  const after = new Map(
    (await readFunctions(sql)).map((each) => [each.oid, each]),
  );
  for (const { oid, name, signature, settings } of before) {
    const kept = after.get(oid)?.settings.map(nameOf);
    if (!kept) continue;
    const own = edit.changed.filter(({ subject }) => subject.includes(`${name}(`)).flatMap((change) =>
      settingsIn(change.before ?? "")
    );
    for (const setting of settings) {
      const each = nameOf(setting);
      if (kept.includes(each) || own.includes(each)) continue;
      const value = setting.slice(each.length + 1);
      await sql`select set_config(${each}, ${value}, true)`;
      await sql.unsafe(`alter function ${signature} set ${each} from current`);
    }
  }
}

const nameOf = (setting: string) => setting.split("=")[0];

/** Names of the settings that a `create function` gives. */
function settingsIn(statement: string): string[] {
  const head = normalise(statement).replace(/\$(\w*)\$[^]*?\$\1\$/g, "");
  return [...head.matchAll(/ set ([\w.]+) ?(?:=|to )/gi)]
    .map(([, name]) => name.toLowerCase());
}
