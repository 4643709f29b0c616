import postgres from "postgres";
import type { MigrationFile } from "./release.ts";

/** How a database stands beside a release's migrations. */
export interface MigrationState {
  /** Names of the files that are still to be applied, in order. */
  pending: string[];
  /** The last that was applied; null on an empty database. */
  level: string | null;
  /** Sentences, one a contradiction that a push would not resolve. */
  drift: string[];
}

/**
 * Compares what was applied with what the release has, statement by statement: a migration that was edited after it had
 * been applied is as much a drift as one that is missing.
 */
export async function compareMigrations(
  sql: postgres.Sql,
  files: MigrationFile[],
): Promise<MigrationState> {
  const applied = await readApplied(sql);
  const known = new Map(files.map((file) => [file.version, file]));
  const drift: string[] = [];
  for (const { version, name, statements } of applied) {
    const file = known.get(version);
    if (!file) {
      drift.push(
        `the database has migration ${version} (${name}), which this release has not`,
      );
    } else if (!saysTheSame(file.sql, statements)) {
      drift.push(`${file.name} is not what was applied to the database`);
    }
  }
  const versions = new Set(applied.map(({ version }) => version));
  return {
    pending: files.filter(({ version }) => !versions.has(version))
      .map(({ name }) => name),
    level: applied.at(-1)?.version ?? null,
    drift,
  };
}

interface Applied {
  version: string;
  name: string;
  /** As the CLI cut the file; null in a history that was repaired by hand. */
  statements: string[] | null;
}

async function readApplied(sql: postgres.Sql): Promise<Applied[]> {
  const [{ exists }] = await sql`
    select to_regclass('supabase_migrations.schema_migrations') is not null as exists`;
  if (!exists) return [];
  return await sql<Applied[]>`
    select version, name, statements from supabase_migrations.schema_migrations order by version`;
}

/** Whether the file is these statements in this order and, between them, nothing but comments. */
function saysTheSame(file: string, statements: string[] | null): boolean {
  if (!statements) return true;
  let rest = "";
  let at = 0;
  for (const statement of statements) {
    const found = file.indexOf(statement, at);
    if (found < 0) return false;
    rest += file.slice(at, found);
    at = found + statement.length;
  }
  rest += file.slice(at);
  return rest.replaceAll(/--.*$/gm, "").replaceAll(/[\s;]/g, "") === "";
}
