import { resolve } from "node:path";
import postgres from "postgres";
import { StackError } from "../errors.ts";

const REPOSITORY = resolve(import.meta.dirname!, "../../..");
/** The program itself: the command in `.bin` would start it through Node. */
const SUPABASE_CLI =
  `${REPOSITORY}/node_modules/@supabase/cli-linux-x64/bin/supabase`;

export interface MigrationOptions {
  /** The folder that holds `supabase/`; this repository by default. */
  projectDir?: string;
  onProgress?: (step: string) => void;
}

/**
 * Applies what `supabase/migrations` has and the database has not, through the Supabase CLI (`db push`), which is what applies
 * them to a hosted project. The CLI is not started when there is nothing to apply.
 * @param databaseUrl of the role postgres
 * @returns the files that were applied, in order
 * @throws {StackError} naming the file at fault and what Postgres said; the ones before it stay applied
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
    pending.length === 1
      ? `Applying the migration ${pending[0].name}`
      : `Applying ${pending.length} migrations`,
  );
  await push(databaseUrl, projectDir);
  return pending.map(({ name }) => name);
}

interface MigrationFile {
  version: string;
  name: string;
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
  throw new StackError(
    `The database has migrations that supabase/migrations has not: ${
      unknown.join(", ")
    }.`,
    "It was made by another state of the code. Remove the stack's state directory to begin with an empty database.",
  );
}

async function push(databaseUrl: string, projectDir: string): Promise<void> {
  const url = new URL(databaseUrl);
  url.searchParams.set("sslmode", "disable");
  // The CLI leaves files in its user's home, which may not even exist.
  const home = await Deno.makeTempDir({ prefix: "supabase-cli-" });
  try {
    const { success, stdout, stderr } = await new Deno.Command(SUPABASE_CLI, {
      args: [
        ...["db", "push", "--db-url", url.href, "--workdir", projectDir],
        ...["--include-all", "--skip-vault", "--yes"],
      ],
      cwd: projectDir,
      env: {
        HOME: home,
        DO_NOT_TRACK: "1",
        SUPABASE_TELEMETRY_DISABLED: "1",
        NO_COLOR: "1",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (success) return;
    const text = new TextDecoder();
    throw failure(`${text.decode(stdout)}\n${text.decode(stderr)}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new StackError(
      "The Supabase CLI is not installed.",
      "Run `npm ci` (without leaving out development dependencies).",
      { cause: error },
    );
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** What the CLI printed, as an error that names the file. It announces each file before it applies it. */
function failure(printed: string): StackError {
  const file = [...printed.matchAll(/^Applying migration (.+?)\.\.\.$/gm)].at(
    -1,
  )?.[1];
  const fault = /^ERROR[\s\S]*/m.exec(printed)?.[0] ?? printed;
  const said = fault.replace(/^Try rerunning the command.*$/m, "").trim();
  return file
    ? new StackError(
      `The migration ${file} failed.\n${said}`,
      `Correct supabase/migrations/${file} and start again; nothing of it was applied.`,
    )
    : new StackError(
      `The migrations could not be applied.\n${said}`,
      "Run `npx supabase db push --debug --db-url …` to see more.",
    );
}
