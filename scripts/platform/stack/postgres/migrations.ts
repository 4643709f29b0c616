import postgres from "postgres";
import { runLocalCli } from "../../cli/local_cli.ts";
import type { MigrationText } from "./migration_edits.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../../dev/repository.ts";

export interface MigrationOptions {
  /** The folder that holds `supabase/`; this repository by default. */
  projectDir?: string;
  onProgress?: (step: string) => void;
}

/**
 * Applies what `supabase/migrations` has and the database has not, through the Supabase CLI (`db push`), which is what
 * applies them to a hosted project. The CLI is not started when there is nothing to apply.
 * @param databaseUrl of the role postgres
 * @returns the files that were applied, in order
 * @throws {ErrorWithRemedy} naming the file at fault and what Postgres said; the ones before it stay applied
 */
export async function applyMigrations(
  databaseUrl: string,
  { projectDir = REPOSITORY, onProgress = () => {} }: MigrationOptions = {},
): Promise<string[]> {
  const files = await migrationFiles(`${projectDir}/supabase/migrations`);
  const applied = await appliedVersions(databaseUrl);
  refuseUnknown(applied, files);
  const pending = files.filter(({ version }) => !applied.has(version));
  if (pending.length === 0) return [];

  onProgress(
    pending.length === 1 ? `Applying the migration ${pending[0].name}` : `Applying ${pending.length} migrations`,
  );
  await push(databaseUrl, projectDir);
  return pending.map(({ name }) => name);
}

interface MigrationFile {
  version: string;
  name: string;
}

/** The migrations of a folder that holds `supabase/`, in order. */
export async function readMigrationFiles(
  projectDir: string,
): Promise<MigrationText[]> {
  const folder = `${projectDir}/supabase/migrations`;
  const files = await migrationFiles(folder);
  return await Promise.all(files.map(async ({ version, name }) => {
    const sql = await Deno.readTextFile(`${folder}/${name}`);
    return { version, name, sql };
  }));
}

/** Those that the CLI takes for migrations, in its order. */
async function migrationFiles(folder: string): Promise<MigrationFile[]> {
  const files: MigrationFile[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      const version = /^(\d+)_.*\.sql$/.exec(name)?.[1];
      if (version) files.push({ version, name });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function appliedVersions(databaseUrl: string): Promise<Set<string>> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [{ exists }] = await sql`
      select to_regclass('supabase_migrations.schema_migrations') is not null as exists`;
    if (!exists) return new Set();
    const rows = await sql<{ version: string }[]>`
      select version from supabase_migrations.schema_migrations`;
    return new Set(rows.map(({ version }) => version));
  } finally {
    await sql.end();
  }
}

function refuseUnknown(applied: Set<string>, files: MigrationFile[]): void {
  const known = new Set(files.map(({ version }) => version));
  const unknown = [...applied].filter((version) => !known.has(version));
  if (unknown.length === 0) return;
  throw new ErrorWithRemedy(
    `The database has migrations that supabase/migrations has not: ${unknown.join(", ")}.`,
    "Another state of the code made it. To start with an empty database: npm run dev -- --reset",
    { code: "unknown_migrations" },
  );
}

async function push(databaseUrl: string, projectDir: string): Promise<void> {
  const { success, stdout, stderr } = await runLocalCli(databaseUrl, {
    args: ["db", "push", "--include-all", "--skip-vault", "--yes"],
    directory: projectDir,
  });
  if (!success) throw failure(`${stdout}\n${stderr}`);
}

/** What the CLI printed, as an error that names the file. It announces each file before it applies it. */
function failure(printed: string): ErrorWithRemedy {
  const file = [...printed.matchAll(/^Applying migration (.+?)\.\.\.$/gm)].at(
    -1,
  )?.[1];
  const fault = /^ERROR[\s\S]*/m.exec(printed)?.[0] ?? printed;
  const said = fault.replace(/^Try rerunning the command.*$/m, "").trim();
  return file
    ? new ErrorWithRemedy(
      `The migration ${file} failed.\n${said}`,
      `Correct supabase/migrations/${file} and start again; nothing of it was applied.`,
    )
    : new ErrorWithRemedy(
      `The migrations could not be applied.\n${said}`,
      "Run `npx supabase db push --debug --db-url …` to see more.",
    );
}
