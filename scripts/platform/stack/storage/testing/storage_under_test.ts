import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type postgres from "postgres";
import { startTestCluster } from "../../postgres/testing/test_cluster.ts";
import { KEYS, tokenOf } from "../../testing/test_users.ts";
import { startStorage } from "../server.ts";

/** A Storage server over HTTP with a Postgres of its own, and clients of each kind. For tests. */
export interface StorageUnderTest {
  /** The API's base, as `createClient` takes it. */
  url: string;
  /** Where the server keeps its bytes. */
  dir: string;
  /** As role `postgres`. */
  sql: postgres.Sql;
  keys: typeof KEYS;
  /** The pipeline's own client: `service_role` through the secret key. */
  service: SupabaseClient;
  signedOut: SupabaseClient;
  signedIn(userId: string): Promise<SupabaseClient>;
  /**
   * A token as Supabase Auth signs it, with these claims in place of its own.
   */
  userToken(userId: string, claims?: Record<string, unknown>): Promise<string>;
  /** The errors that the server did not expect, since this was last asked. */
  takeErrors(): unknown[];
  /**
   * Stops the server and starts it on the same bytes and rows, at the same URL.
   */
  restart(): Promise<void>;
  /** Version ids of the bytes on disk, and files half received. */
  filesOnDisk(): Promise<{ versions: string[]; incoming: string[] }>;
  stop(): Promise<void>;
}

export const MIB = 2 ** 20;

/** Above what the bucket `files` allows. */
export const MAX_FILE_BYTES = 10 * MIB;

/** Each user may do everything below `user/{their id}/` of the bucket `files`, and nothing elsewhere. */
const OWN_FOLDER = `
  insert into storage.buckets (id, name, file_size_limit, allowed_mime_types)
  values ('files', 'files', ${8 * MIB}, '{application/pdf,text/*}');
  create policy own_folder on storage.objects for all to authenticated
    using (bucket_id = 'files' and (storage.foldername(name))[1] = 'user'
      and (storage.foldername(name))[2] = (select auth.uid())::text);`;

export async function startStorageUnderTest(): Promise<StorageUnderTest> {
  const started = new AsyncDisposableStack();
  try {
    return await start(started);
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

async function start(
  started: AsyncDisposableStack,
): Promise<StorageUnderTest> {
  const dir = await Deno.makeTempDir({ prefix: "storage-test-" });
  started.defer(() => Deno.remove(dir, { recursive: true }));
  const { cluster, connect, close } = await startTestCluster();
  started.defer(close);
  const sql = connect();
  await sql.unsafe(OWN_FOLDER);

  let errors: unknown[] = [];
  const startServer = () =>
    startStorage({
      ...KEYS,
      databaseUrl: cluster.urlFor("supabase_storage_admin"),
      onError: (error) => errors.push(error),
      dir,
      maxFileBytes: MAX_FILE_BYTES,
    });
  let storage = await startServer();
  started.defer(() => storage.stop());

  const closing = new AbortController();
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      signal: closing.signal,
      onListen: () => {},
    },
    (request) => storage.fetch(request),
  );
  started.defer(async () => {
    closing.abort();
    await server.finished;
  });
  const url = `http://127.0.0.1:${server.addr.port}`;

  const client = (key: string, token?: string) =>
    createClient(url, key, {
      auth: { persistSession: false, autoRefreshToken: false },
      ...(token && { accessToken: () => Promise.resolve(token) }),
    });

  return {
    url,
    dir,
    sql,
    keys: KEYS,
    service: client(KEYS.secretKey),
    signedOut: client(KEYS.publishableKey),
    signedIn: async (userId) => client(KEYS.publishableKey, await tokenOf(userId)),
    userToken: tokenOf,
    takeErrors() {
      const taken = errors;
      errors = [];
      return taken;
    },
    async restart() {
      await storage.stop();
      storage = await startServer();
    },
    async filesOnDisk() {
      const versions = [];
      for (const group of await namesIn(`${dir}/objects`)) {
        versions.push(...await namesIn(`${dir}/objects/${group}`));
      }
      return { versions, incoming: await namesIn(`${dir}/incoming`) };
    },
    stop: () => started.disposeAsync(),
  };
}

async function namesIn(dir: string): Promise<string[]> {
  const names = [];
  for await (const entry of Deno.readDir(dir)) names.push(entry.name);
  return names.sort();
}
