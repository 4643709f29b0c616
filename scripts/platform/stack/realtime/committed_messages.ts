import type { Duplex } from "node:stream";
import postgres from "postgres";
import { OutputReader } from "./pgoutput.ts";

/** A committed row of `realtime.messages`. */
export interface CommittedMessage {
  id: string;
  topic: string;
  event: string;
  isPrivate: boolean;
  payload: string | Uint8Array;
}

export interface CommittedMessages {
  stop(): Promise<void>;
}

const PUBLICATION = "supabase_realtime_messages_publication";
const SLOT = "supabase_realtime_messages_replication_slot";
/** Milliseconds until the next attempt after the connection has failed. */
const RECONNECT_MS = 500;
const STOP_SECONDS = 1;

/**
 * Reads what is inserted into `realtime.messages` from a logical replication slot, as the real server does: after its
 * commit, in the order of commits, nothing of a transaction that is rolled back. The slot is temporary, so what is
 * committed while no connection stands is never broadcast.
 * @param adminUrl of the superuser
 * @param onError receives what ended a connection; another is made
 */
export async function readCommittedMessages(
  adminUrl: string,
  onMessage: (message: CommittedMessage) => void,
  onError: (error: unknown) => void,
): Promise<CommittedMessages> {
  let isStopped = false;
  let connection: Connection | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  async function connect(): Promise<void> {
    const opened = await openConnection(adminUrl, onMessage);
    if (isStopped) return await opened.close();
    connection = opened;
    opened.ended.then((error) => {
      if (isStopped) return;
      onError(error);
      reconnect();
    });
  }

  function reconnect(): void {
    retry = setTimeout(() => {
      connect().catch((error) => {
        if (isStopped) return;
        onError(error);
        reconnect();
      });
    }, RECONNECT_MS);
  }

  await publish(adminUrl);
  await connect();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(retry);
      await connection?.close();
    },
  };
}

async function publish(adminUrl: string): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice() {} });
  try {
    const [found] = await sql`select 1 from pg_catalog.pg_publication where pubname = ${PUBLICATION}`;
    if (!found) await sql.unsafe(`create publication ${PUBLICATION} for table realtime.messages`);
  } finally {
    await sql.end({ timeout: STOP_SECONDS });
  }
}

interface Connection {
  /** Resolves with the reason when the connection ends. */
  ended: Promise<unknown>;
  close(): Promise<void>;
}

async function openConnection(
  adminUrl: string,
  onMessage: (message: CommittedMessage) => void,
): Promise<Connection> {
  const ended = Promise.withResolvers<unknown>();
  const sql = postgres(adminUrl, {
    max: 1,
    fetch_types: false,
    idle_timeout: 0,
    max_lifetime: null,
    connection: { application_name: "realtime_replication_connection", replication: "database" } as never,
    onnotice() {},
    onclose: () => ended.resolve(new Error("Postgres closed the replication connection.")),
  });
  try {
    // Postgres knows the commands of replication in capitals only.
    await sql.unsafe(`CREATE_REPLICATION_SLOT ${SLOT} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`);
    // Replication reads and writes on one stream, which postgres.js types as writable only.
    const stream = await sql.unsafe(
      `START_REPLICATION SLOT ${SLOT} LOGICAL 0/0 (proto_version '1', publication_names '${PUBLICATION}')`,
    ).writable() as Duplex;
    const reader = new OutputReader((row) => {
      const message = messageOf(row.values);
      if (message) onMessage(message);
    }, (reply) => stream.write(reply));
    stream.on("data", (chunk: Uint8Array) => {
      try {
        reader.read(chunk);
      } catch (error) {
        ended.resolve(error);
      }
    });
    stream.on("error", ended.resolve);
    return {
      ended: ended.promise,
      async close() {
        stream.destroy();
        await sql.end({ timeout: 0 });
      },
    };
  } catch (error) {
    await sql.end({ timeout: 0 });
    throw error;
  }
}

/** @returns undefined for a row without an event or a payload, which the real server leaves out too */
function messageOf(row: Record<string, string | null>): CommittedMessage | undefined {
  const { id, topic, event, payload, binary_payload } = row;
  if (id === null || topic === null || event === null) return undefined;
  const body = binary_payload ? bytesOf(binary_payload) : payload;
  if (body === null) return undefined;
  return { id, topic, event, isPrivate: row.private === "t", payload: body };
}

/** Postgres writes bytes as `\x` and hexadecimal digits. */
function bytesOf(text: string): Uint8Array {
  const digits = text.slice(2);
  return Uint8Array.from({ length: digits.length / 2 }, (_, n) => parseInt(digits.slice(2 * n, 2 * n + 2), 16));
}
