import { dirname } from "node:path";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type postgres from "postgres";
import { startClient, withoutPassword } from "./client_process.ts";
import type { Sealing } from "./encryption.ts";
import { checkDigests, databaseIn, fileIn, type Manifest, readManifest, writeManifest } from "./manifest.ts";
import type { PostgresClient } from "./postgres_client.ts";
import { makePrivateFolder, writePrivateFile } from "./private_files.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";

const BUCKET = "files";
/** Concurrent file transfers. */
const FILES_AT_ONCE = 4;

/** The data that can be lost: the pipeline's tables, and its users. Queues and request counts are rebuilt. */
const DUMPED = [
  "--table=upload_pipeline.*",
  "--table=pipeline_internal.*",
  "--table=auth.users",
  "--table=auth.identities",
  "--no-unlogged-table-data",
];

/** The pipeline to back up, or to restore into. */
export interface Place {
  sql: postgres.Sql;
  /** A connection as role postgres, not through a pooler in transaction mode. */
  databaseUrl: string;
  url: string;
  /** A client with access to every file. */
  secretKey: string;
}

/**
 * Writes `database.sql`, `files/` and finally `backup.json` into a folder that only its owner can read. The database
 * comes first, so that the files that it names exist; later uploads are not part of the backup.
 * @returns the manifest, and the files that were deleted while they were being copied
 */
export async function backUp(
  { sql, databaseUrl, url, secretKey }: Place,
  folder: string,
  postgresClient: PostgresClient,
  sealing: Sealing,
): Promise<Manifest & { gone: string[] }> {
  await makePrivateFolder(folder);
  const migrations = await readMigrations(sql);
  const database = await dumpRows(databaseUrl, folder, postgresClient, sealing);
  const objects = await sql<{ name: string; mime: string; bytes: number }[]>`
    select name, coalesce(metadata ->> 'mimetype', 'application/octet-stream') as mime,
           coalesce((metadata ->> 'size')::bigint, 0) as bytes
    from storage.objects where bucket_id = ${BUCKET} order by name`;
  const bucket = bucketOf(url, secretKey);
  const digests = new Map<string, string>();
  await each(objects, async ({ name }) => {
    const { data, error } = await bucket.download(name);
    if (!data) {
      if (!/not.?found/i.test(error.message)) throw storageFault(name, error);
      return;
    }
    const path = fileIn(folder, name, sealing);
    await makePrivateFolder(dirname(path));
    const sealed = await sealing.seal(data.stream());
    const { sha256 } = await writePrivateFile(path, sealed);
    digests.set(name, sha256);
  });

  const made: Manifest = {
    made_at: new Date(),
    migrations,
    database,
    files: objects.flatMap(({ name, mime, bytes }) => {
      const sha256 = digests.get(name);
      return sha256 ? [{ name, mime, bytes: Number(bytes), sha256 }] : [];
    }),
  };
  await writeManifest(folder, made, sealing);
  const gone = objects.flatMap(({ name }) => digests.has(name) ? [] : [name]);
  return { ...made, gone };
}

async function dumpRows(
  databaseUrl: string,
  folder: string,
  postgresClient: PostgresClient,
  sealing: Sealing,
): Promise<{ sha256: string }> {
  const { address, password } = withoutPassword(databaseUrl);
  const dump = startClient([
    ...postgresClient("pg_dump"),
    ...DUMPED,
    "--data-only",
    "--no-owner",
    `--dbname=${address}`,
  ], password);
  await dump.input.close();
  const { sha256 } = await writePrivateFile(
    databaseIn(folder, sealing),
    await sealing.seal(dump.output),
  );
  await dump.ended();
  return { sha256 };
}

/**
 * Loads a backup into an unused pipeline, which continues the lost one's work. It first compares every part with its
 * digest, then loads the database in one transaction; the stages stay paused until the files are there. An interrupted
 * restore continues with the next run.
 */
export async function restore(
  { sql, databaseUrl, url, secretKey }: Place,
  folder: string,
  postgresClient: PostgresClient,
  sealing: Sealing,
): Promise<Manifest> {
  const made = await readManifest(folder, sealing);
  const migrations = await readMigrations(sql);
  if (made.migrations.join() !== migrations.join()) {
    throw new ErrorWithRemedy(
      `The backup is of a database with ${made.migrations.length} migrations, the last ${
        made.migrations.at(-1)
      }; this one has ${migrations.length}, the last ${migrations.at(-1)}.`,
      "Apply the migrations of the backup's version, restore, and apply the newer ones.",
      { code: "migrations_differ" },
    );
  }
  await checkDigests(folder, made, sealing);
  const [{ restoring }] = await sql<{ restoring: boolean }[]>`
    select pipeline_internal.is_restoring() as restoring`;
  if (!restoring) {
    await loadRows(databaseUrl, folder, postgresClient, sealing);
  }
  const bucket = bucketOf(url, secretKey);
  await each(made.files, async ({ name, mime }) => {
    const file = await Deno.open(fileIn(folder, name, sealing));
    const bytes = await new Response(await sealing.open(file.readable)).bytes();
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
  sealing: Sealing,
): Promise<void> {
  const { address, password } = withoutPassword(databaseUrl);
  const dump = await Deno.open(databaseIn(folder, sealing));
  const rows = await sealing.open(dump.readable);
  const load = startClient([
    ...postgresClient("psql"),
    address,
    "--no-psqlrc",
    "--quiet",
    "--single-transaction",
    "--set=ON_ERROR_STOP=1",
    "--output=/dev/null",
    // The rows are loaded unchanged: triggers and foreign keys have processed them before.
    "--command=set session_replication_role = replica",
    "--command=select pipeline_internal.begin_restore()",
    "--file=-",
    "--command=set session_replication_role = origin",
    "--command=select pipeline_internal.finish_restore()",
  ], password);
  const printed = load.output.cancel();
  try {
    // Not closed after an error: psql would take that for the end of the input, and commit.
    await rows.pipeTo(load.input, { preventAbort: true });
  } catch (error) {
    load.kill();
    await printed;
    // If psql has failed, it has printed the reason.
    if (error instanceof Deno.errors.BrokenPipe) await load.ended();
    throw error;
  }
  await printed;
  await load.ended();
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

function storageFault(name: string, error: Error): ErrorWithRemedy {
  return new ErrorWithRemedy(
    `Storage failed to transfer ${name}: ${error.message}`,
    "Check the secret key and --url, and run the command again.",
    { code: "storage_refused", cause: error },
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
