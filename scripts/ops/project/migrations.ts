import postgres from "postgres";
import type { MigrationFile } from "./release.ts";

/** The migrations of a database compared with those of a release. */
export interface MigrationState {
  /** Names of the pending files, in order. */
  pending: string[];
  /** The last applied migration; null on an empty database. */
  level: string | null;
  /** Contradictions that a push would not resolve, as sentences. */
  drift: string[];
}

/**
 * Compares applied migrations with the release's, statement by statement: an edited applied migration is as much a
 * drift as a missing one.
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
        `the database has migration ${version} (${name}), which this release lacks`,
      );
    } else if (!saysTheSame(file.sql, statements)) {
      drift.push(`${file.name} differs from the applied migration`);
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
  /** The statements as the CLI split the file; null in a manually repaired history. */
  statements: string[] | null;
}

async function readApplied(sql: postgres.Sql): Promise<Applied[]> {
  const [{ exists }] = await sql`
    select to_regclass('supabase_migrations.schema_migrations') is not null as exists`;
  if (!exists) return [];
  return await sql<Applied[]>`
    select version, name, statements from supabase_migrations.schema_migrations order by version`;
}

/** Whether the file consists of these statements in order, apart from comments. */
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
