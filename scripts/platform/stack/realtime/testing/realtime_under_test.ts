import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { JWTPayload } from "jose";
import type postgres from "postgres";
import { startTestCluster } from "../../postgres/testing/test_cluster.ts";
import { KEYS, tokenOf } from "../../testing/test_users.ts";
import type { RealtimeLimits } from "../limits.ts";
import { type RealtimeServer, startRealtime } from "../server.ts";

/** A Realtime over HTTP with a Postgres of its own. For tests. */
export interface RealtimeUnderTest {
  /** The API's base, as `createClient` takes it. */
  url: string;
  keys: typeof KEYS;
  /** As role `postgres`. */
  sql: postgres.Sql;
  /** As the superuser. */
  admin: postgres.Sql;
  /** A token as Supabase Auth signs it, with these claims in place of its own. */
  token(userId: string, claims?: JWTPayload): Promise<string>;
  /** A client whose session is this token; without one, of a user who is not signed in. */
  client(token?: () => string | Promise<string>): SupabaseClient;
  cutConnections(): void;
  /** What the server has logged since this was last asked. */
  takeLog(): { code: string; message: string; topic?: string }[];
  /** The errors that the server did not expect, since this was last asked. */
  takeErrors(): unknown[];
  /** Stops the server and starts it at the same URL. */
  restart(limits?: Partial<RealtimeLimits>): Promise<void>;
  stop(): Promise<void>;
}

/** Each user reads the topic `user:{their id}`; `room:open` is everyone's who is signed in, to read and to write. */
const POLICIES = `
  create policy own_topic on realtime.messages for select to authenticated
    using (extension = 'broadcast' and (select realtime.topic()) = 'user:' || (select auth.uid()));
  create policy read_room on realtime.messages for select to authenticated
    using ((select realtime.topic()) = 'room:open');
  create policy write_room on realtime.messages for insert to authenticated
    with check ((select realtime.topic()) = 'room:open');`;

/** Refusals are answered without the real server's pauses. */
export const WITHOUT_PAUSES: Partial<RealtimeLimits> = { refusedJoinMs: 0, refusedConnectionMs: 0 };

export async function startRealtimeUnderTest(): Promise<RealtimeUnderTest> {
  const started = new AsyncDisposableStack();
  try {
    return await start(started);
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

async function start(started: AsyncDisposableStack): Promise<RealtimeUnderTest> {
  const { cluster, connect, close } = await startTestCluster();
  started.defer(close);
  const sql = connect();
  const admin = connect("supabase_admin");
  await sql.unsafe(POLICIES);

  const log: { code: string; message: string; topic?: string }[] = [];
  const errors: unknown[] = [];
  const open = (limits?: Partial<RealtimeLimits>) =>
    startRealtime({
      adminUrl: cluster.urlFor("supabase_admin"),
      tokenKeys: { secret: KEYS.jwtSecret, published: { keys: [] } },
      publishableKey: KEYS.publishableKey,
      secretKey: KEYS.secretKey,
      limits: { ...WITHOUT_PAUSES, ...limits },
      log: (code, message, topic) => log.push({ code, message, topic }),
      onError: (error) => errors.push(error),
    });
  let server: RealtimeServer | undefined = await open();
  started.defer(async () => await server?.stop());
  const listener = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => server?.fetch(request) ?? new Response(null, { status: 503 }),
  );
  started.defer(() => listener.shutdown());

  const url = `http://127.0.0.1:${listener.addr.port}`;
  const clients: SupabaseClient[] = [];
  started.defer(async () => {
    for (const client of clients) await client.removeAllChannels();
  });
  const owned = started.move();
  return {
    url,
    keys: KEYS,
    sql,
    admin,
    token: tokenOf,
    client(token) {
      const client = createClient(url, KEYS.publishableKey, {
        auth: { persistSession: false, autoRefreshToken: false },
        ...(token && { accessToken: async () => await token() }),
      });
      clients.push(client);
      return client;
    },
    cutConnections: () => server?.cutConnections(),
    takeLog: () => log.splice(0),
    takeErrors: () => errors.splice(0),
    async restart(limits) {
      await server?.stop();
      server = undefined;
      server = await open(limits);
    },
    stop: () => owned.disposeAsync(),
  };
}
