import { Buffer } from "node:buffer";

/**
 * The harmless text that every virus scanner reports as a virus, for tests. Assembled here, so that scanners of source
 * code do not find it. https://www.eicar.org/download-anti-malware-testfile/
 */
export const EICAR = [
  "X5O!P%@AP[4",
  String.fromCharCode(92),
  "PZX54(P^)7CC)7}$EICAR",
  "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
].join("");

export interface Clamd {
  port: number;
  /** The whole streams that it received. */
  received: Uint8Array[];
  stop(): Promise<void>;
}

/**
 * A test double of ClamAV's daemon on a loopback port. It reads INSTREAM exactly and finds EICAR's text.
 * @param answer its response in place of a result; null for none at all
 * @param mostBytes the largest stream that it accepts (`StreamMaxLength`)
 */
export function startClamd(
  { answer, mostBytes = Infinity, port = 0 }: {
    answer?: string | null;
    mostBytes?: number;
    port?: number;
  } = {},
): Clamd {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const received: Uint8Array[] = [];
  const open = new Set<Deno.Conn>();

  async function serve(connection: Deno.Conn): Promise<void> {
    const source = reader(connection);
    const command = await source.take("zINSTREAM\0".length);
    if (Buffer.from(command).toString() !== "zINSTREAM\0") {
      return await say(connection, "UNKNOWN COMMAND");
    }
    const chunks: Uint8Array[] = [];
    for (let size = 0;;) {
      const length = Buffer.from(await source.take(4)).readUInt32BE();
      if (length === 0) break;
      if ((size += length) > mostBytes) {
        return await say(connection, "INSTREAM size limit exceeded. ERROR");
      }
      chunks.push(await source.take(length));
    }
    const content = Buffer.concat(chunks);
    received.push(content);
    if (answer === null) return await new Promise(() => {});
    const result = content.includes(EICAR) ? "stream: Eicar-Test-Signature FOUND" : "stream: OK";
    await say(connection, answer ?? result);
  }

  const accepting = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      serve(connection).catch(() => {}).finally(() => {
        if (open.delete(connection)) connection.close();
      });
    }
  })();
  return {
    port: listener.addr.port,
    received,
    async stop() {
      listener.close();
      for (const connection of open) {
        if (open.delete(connection)) connection.close();
      }
      await accepting;
    },
  };
}

async function say(connection: Deno.Conn, answer: string): Promise<void> {
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(`${answer}\0`));
  writer.releaseLock();
}

/** Returns exactly as many bytes as requested. */
function reader(connection: Deno.Conn) {
  let waiting = Buffer.alloc(0);
  const buffer = new Uint8Array(64 * 1024);
  return {
    async take(count: number): Promise<Uint8Array> {
      while (waiting.length < count) {
        const read = await connection.read(buffer);
        if (read === null) throw new Error("the caller hung up");
        waiting = Buffer.concat([waiting, buffer.subarray(0, read)]);
      }
      const taken = waiting.subarray(0, count);
      waiting = waiting.subarray(count);
      return taken;
    },
  };
}
