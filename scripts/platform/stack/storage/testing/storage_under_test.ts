import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { SignJWT } from "jose";
import postgres from "postgres";
import { makeReachableTempDir } from "../../postgres/account.ts";
import { startCluster } from "../../postgres/cluster.ts";
import { installPostgres } from "../../postgres/install.ts";
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
export const ANN = "766e8693-7fd5-465e-9ee4-4a9b3a696480";
export const BEN = "0f1e2d3c-4b5a-4978-8c6d-5e4f3a2b1c0d";

const KEYS = {
  jwtSecret: "a-secret-of-the-tests-with-32-characters",
  secretKey: "sb_secret_of_the_tests",
  publishableKey: "sb_publishable_of_the_tests",
};

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
  const root = await makeReachableTempDir("storage-test-");
  started.defer(() => Deno.remove(root, { recursive: true }));

  const cluster = await startCluster({
    homeDir: await installPostgres(),
    dataDir: `${root}/data`,
    port: 0,
    logFile: `${root}/postgres.log`,
    durable: false,
  });
  started.defer(() => cluster.stop());
  const sql = postgres(cluster.urlFor("postgres"), {
    max: 2,
    onnotice: () => {},
  });
  started.defer(() => sql.end());
  await sql.unsafe(OWN_FOLDER);

  const dir = `${root}/bytes`;
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

  const userToken = (userId: string, claims: Record<string, unknown> = {}) =>
    new SignJWT({
      role: "authenticated",
      sub: userId,
      exp: Math.floor(Date.now() / 1000) + 3600,
      ...claims,
    })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(KEYS.jwtSecret));

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
    signedIn: async (userId) => client(KEYS.publishableKey, await userToken(userId)),
    userToken,
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
