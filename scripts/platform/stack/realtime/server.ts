import postgres from "postgres";
import { createAuthorization } from "./authorization.ts";
import { sizeOf } from "./channel.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";
import { type CommittedMessage, type CommittedMessages, readCommittedMessages } from "./committed_messages.ts";
import { Connection } from "./connection.ts";
import { VERSIONS } from "./frames.ts";
import { HOSTED_LIMITS, type RealtimeLimits } from "./limits.ts";
import { Rate } from "./rate.ts";
import type { Tenant } from "./tenant.ts";
import { type Claims, type TokenKeys, TokenRefused, verifyToken } from "./tokens.ts";
import { Topics } from "./topics.ts";
import { printTrace } from "../../../dev/terminal/print.ts";

export interface RealtimeOptions {
  /** As the superuser: it reads the write-ahead log and takes each user's role. */
  adminUrl: string;
  tokenKeys: TokenKeys;
  publishableKey: string;
  secretKey: string;
  limits?: Partial<RealtimeLimits>;
  /** True: refuses public channels, as a project does whose settings disallow them. */
  privateOnly?: boolean;
  /** Receives what is refused, in the real server's codes and words. */
  log?: Tenant["log"];
  /** Receives every error that is not an answer to bad input; standard error by default. */
  onError?: (error: unknown) => void;
}

export interface RealtimeServer {
  /** Answers requests to paths below `/realtime/v1`. */
  fetch(request: Request): Promise<Response>;
  /** Cuts all connections, as a restart or a lost network does. Clients may connect again at once. */
  cutConnections(): void;
  stop(): Promise<void>;
}

const CONNECTIONS = 4;
const STOP_SECONDS = 2;
/** A WebSocket's code for a server that goes away. */
const GOING_AWAY = 1001;
const A_YEAR_S = 365 * 24 * 3600;
const A_DAY_MS = 24 * 3600 * 1000;
/** Postgres' error codes for a schema, a table or a function that does not exist. */
const NOT_CREATED = new Set(["3F000", "42P01", "42883"]);

/**
 * A local Supabase Realtime: broadcasts on public and private channels, from clients and from `realtime.messages`. It
 * delivers at most once, and nothing of the time when a client was not joined.
 */
export async function startRealtime(options: RealtimeOptions): Promise<RealtimeServer> {
  const onError = options.onError ?? ((error: unknown) => printTrace(error, "realtime"));
  const sql = postgres(options.adminUrl, { max: CONNECTIONS, idle_timeout: 20, onnotice() {} });
  const limits = { ...HOSTED_LIMITS, ...options.limits };
  const tenant: Tenant = {
    keys: options.tokenKeys,
    authorization: createAuthorization(sql),
    limits,
    privateOnly: options.privateOnly ?? false,
    joins: new Rate(limits.joinsPerSecond),
    messages: new Rate(limits.messagesPerSecond),
    topics: new Topics(),
    log: options.log ?? (() => {}),
  };
  const connections = new Set<Connection>();
  let isStopped = false;
  const keepPartitions = () => sql`select platform_emulation.keep_message_partitions()`;
  let committed: CommittedMessages;
  try {
    await keepPartitions();
    committed = await readCommittedMessages(
      options.adminUrl,
      (message) => broadcastCommitted(tenant, message),
      onError,
    );
  } catch (error) {
    await sql.end({ timeout: STOP_SECONDS });
    throw explained(error);
  }
  const daily = setInterval(() => keepPartitions().catch(onError), A_DAY_MS);

  async function connect(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const refused = async (status: number, error: string) => {
      tenant.log("ConnectionRefused", error);
      await new Promise((resolve) => setTimeout(resolve, limits.refusedConnectionMs));
      return Response.json({ error }, { status });
    };
    const key = request.headers.get("x-api-key") ?? url.searchParams.get("apikey");
    if (!key) return await refused(401, "API key is missing");
    const version = VERSIONS.find((known) => known === (url.searchParams.get("vsn") ?? "1.0.0"));
    if (!version) return await refused(403, "This version of the protocol is not supported");
    let keyClaims: Claims;
    try {
      keyClaims = await claimsOfKey(key, options);
    } catch (error) {
      if (error instanceof TokenRefused) return await refused(401, error.message);
      throw error;
    }
    if (connections.size >= limits.clients) return await refused(429, "Too many connected users");
    if (tenant.joins.isExceeded) return await refused(429, "Too many joins per second");
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return Response.json({ error: "Not a WebSocket" }, { status: 426, headers: { upgrade: "websocket" } });
    }
    if (isStopped) return Response.json({ error: "Realtime is restarting, please standby" }, { status: 503 });
    // An upgraded request cannot be read any more.
    const headers = Object.fromEntries([...request.headers].filter(([name]) => name.startsWith("x-")));
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    const connection: Connection = new Connection(
      socket,
      tenant,
      { version, keyClaims, headers },
      onError,
      () => connections.delete(connection),
    );
    connections.add(connection);
    return response;
  }

  return {
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/realtime/v1/websocket") return await connect(request);
      const message = `The local stack's Realtime has no ${pathname}; it serves /realtime/v1/websocket.`;
      return Response.json({ message }, { status: 404 });
    },
    cutConnections() {
      for (const connection of connections) connection.close(GOING_AWAY);
    },
    async stop() {
      isStopped = true;
      clearInterval(daily);
      for (const connection of connections) connection.close(GOING_AWAY);
      await committed.stop();
      await sql.end({ timeout: STOP_SECONDS });
    },
  };
}

function explained(error: unknown): unknown {
  if (!(error instanceof postgres.PostgresError) || !NOT_CREATED.has(error.code)) return error;
  return new ErrorWithRemedy(
    "The stack's database was made by an earlier version, which had no Realtime.",
    "If it holds nothing to keep, stop the stack and remove its data: `npm run stack -- --remove`.",
    { cause: error },
  );
}

function broadcastCommitted({ limits, messages, topics, log }: Tenant, message: CommittedMessage): void {
  const { topic, isPrivate, event, payload, id } = message;
  if (sizeOf(payload) > limits.payloadBytes) {
    return log("UnableToBroadcastChanges", "payload_size_exceeded", topic);
  }
  if (messages.isExceeded) return log("UnableToBroadcastChanges", "too_many_requests", topic);
  messages.add();
  topics.broadcast(topic, isPrivate, { event, payload, id });
}

/** The API gateway of a hosted project gives the server a token in place of an `sb_…` key. */
async function claimsOfKey(key: string, options: RealtimeOptions): Promise<Claims> {
  const role = key === options.publishableKey ? "anon" : key === options.secretKey ? "service_role" : undefined;
  if (role) return { role, exp: Math.floor(Date.now() / 1000) + A_YEAR_S };
  if (key.startsWith("sb_")) throw new TokenRefused("InvalidApiKey", "Invalid API key");
  return await verifyToken(key, options.tokenKeys);
}
