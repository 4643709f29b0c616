import { dirname } from "node:path";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type postgres from "postgres";
import { z } from "zod";
import { networkEnvironment } from "../stack/network_environment.ts";
import { OperationError } from "../operate/failures.ts";
import type { PostgresClient } from "./postgres_client.ts";

const BUCKET = "files";
/** Files that are on their way at once. */
const FILES_AT_ONCE = 4;

/** What can be lost: the pipeline's tables, and who its users are. Queues and counts of requests are made anew. */
const DUMPED = [
  "--table=upload_pipeline.*",
  "--table=pipeline_internal.*",
  "--table=auth.users",
  "--table=auth.identities",
  "--no-unlogged-table-data",
];

/** The pipeline that is backed up, or restored into. */
export interface Place {
  sql: postgres.Sql;
  /** As role postgres, and not through a pooler in transaction mode. */
  databaseUrl: string;
  url: string;
  /** Reaches every file. */
  secretKey: string;
}

const manifest = z.object({
  made_at: z.coerce.date(),
  /** The migrations that the database had. */
  migrations: z.array(z.string()),
  files: z.array(
    z.object({ name: z.string(), mime: z.string(), bytes: z.number() }),
  ),
});
export type Manifest = z.infer<typeof manifest>;

/**
 * Writes `database.sql`, `files/` and at last `backup.json` into a folder. The database comes first, so that files which
 * it names are there; what is uploaded meanwhile is not in it.
 * @returns the manifest, and the files that were deleted while they were being copied
 */
export async function backUp(
  { sql, databaseUrl, url, secretKey }: Place,
  folder: string,
  postgresClient: PostgresClient,
): Promise<Manifest & { gone: string[] }> {
  await Deno.mkdir(folder, { recursive: true });
  const migrations = await readMigrations(sql);
  await run([
    ...postgresClient("pg_dump"),
    ...DUMPED,
    "--data-only",
    "--no-owner",
    `--file=${folder}/database.sql`,
    `--dbname=${databaseUrl}`,
  ]);
  const objects = await sql<Manifest["files"]>`
    select name, coalesce(metadata ->> 'mimetype', 'application/octet-stream') as mime,
           coalesce((metadata ->> 'size')::bigint, 0) as bytes
    from storage.objects where bucket_id = ${BUCKET} order by name`;
  const bucket = bucketOf(url, secretKey);
  const gone = new Set<string>();
  await each(objects, async ({ name }) => {
    const { data, error } = await bucket.download(name);
    if (!data) {
      if (!/not.?found/i.test(error.message)) throw storageFault(name, error);
      gone.add(name);
      return;
    }
    const path = `${folder}/files/${name}`;
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(path, data.stream());
  });

  const made = {
    made_at: new Date(),
    migrations,
    files: objects.filter(({ name }) => !gone.has(name)),
  };
  await Deno.writeTextFile(
    `${folder}/backup.json`,
    JSON.stringify(made, null, 2),
  );
  return { ...made, gone: [...gone] };
}

/**
 * Loads a backup into a pipeline that nobody has used, and lets it go on where the lost one was. The database is loaded
 * whole or not at all; the stages are paused until the files are there. One that broke off on the way is taken up there.
 */
export async function restore(
  { sql, databaseUrl, url, secretKey }: Place,
  folder: string,
  postgresClient: PostgresClient,
): Promise<Manifest> {
  const made = await readManifest(folder);
  const migrations = await readMigrations(sql);
  if (made.migrations.join() !== migrations.join()) {
    throw new OperationError(
      "migrations_differ",
      `The backup is of a database with ${made.migrations.length} migrations, the last ${
        made.migrations.at(-1)
      }; this one has ${migrations.length}, the last ${migrations.at(-1)}.`,
      "Apply the migrations of the backup's version first, restore, and then the newer ones.",
    );
  }
  const [{ restoring }] = await sql<{ restoring: boolean }[]>`
    select pipeline_internal.is_restoring() as restoring`;
  if (!restoring) await loadRows(databaseUrl, folder, postgresClient);
  const bucket = bucketOf(url, secretKey);
  await each(made.files, async ({ name, mime }) => {
    const bytes = await Deno.readFile(`${folder}/files/${name}`);
    const { error } = await bucket.upload(name, bytes, {
      contentType: mime,
      upsert: true,
    });
    if (error) throw storageFault(name, error);
  });
  await sql`select pipeline_internal.end_restore()`;
  return made;
}

async function loadRows(
  databaseUrl: string,
  folder: string,
  postgresClient: PostgresClient,
): Promise<void> {
  await run([
    ...postgresClient("psql"),
    databaseUrl,
    "--no-psqlrc",
    "--quiet",
    "--single-transaction",
    "--set=ON_ERROR_STOP=1",
    "--output=/dev/null",
    // The rows come as they were: triggers and foreign keys have seen them before.
    "--command=set session_replication_role = replica",
    "--command=select pipeline_internal.begin_restore()",
    `--file=${folder}/database.sql`,
    "--command=set session_replication_role = origin",
    "--command=select pipeline_internal.settle_restore()",
  ]);
}

function bucketOf(url: string, secretKey: string): Bucket {
  const client = createClient(url, secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  return client.storage.from(BUCKET);
}
type Bucket = ReturnType<SupabaseClient["storage"]["from"]>;

async function readMigrations(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ version: string }[]>`
    select version from supabase_migrations.schema_migrations order by version`;
  return rows.map(({ version }) => version);
}

async function readManifest(folder: string): Promise<Manifest> {
  try {
    const text = await Deno.readTextFile(`${folder}/backup.json`);
    return manifest.parse(JSON.parse(text));
  } catch (error) {
    throw new OperationError(
      "no_backup",
      `${folder} holds no whole backup: ${(error as Error).message}`,
      "Name the folder that npm run pipeline -- backup has written; backup.json is written last.",
      { cause: error },
    );
  }
}

function storageFault(name: string, error: Error): OperationError {
  return new OperationError(
    "storage_refused",
    `Storage did not hand over or take ${name}: ${error.message}`,
    "Check the secret key and --url, and run the same command again.",
    { cause: error },
  );
}

async function each<T>(
  items: T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, async () => {
    for (const item of queue) await work(item);
  }));
}

/**
 * The address of the database says all, and the shell's `PG…` variables nothing. It carries a password, so the command line
 * is not repeated.
 */
async function run([program, ...args]: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args,
    clearEnv: true,
    env: {
      ...networkEnvironment(["HOME"]),
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      LC_ALL: "C",
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  throw new OperationError(
    "postgres_client_failed",
    new TextDecoder().decode(stderr).trim() || `${program} failed`,
    "Nothing was changed. See to what it says, and run the same command again.",
  );
}
