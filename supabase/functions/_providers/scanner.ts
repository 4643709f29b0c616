import { ScannerError } from "../_shared/errors.ts";

/** A virus scanner. */
export interface Scanner {
  /**
   * The name of the malware that was found; null if the bytes are clean.
   * @throws {ScannerError} if there is no result; the file must then wait, and never pass
   */
  scan(bytes: Uint8Array): Promise<string | null>;
}

/** A scan of 25 MB takes some seconds. */
const SCAN_TIMEOUT_MS = 60_000;
const CHUNK_BYTES = 64 * 1024;
/** A response is a line with a signature's name. */
const LONGEST_ANSWER = 4096;

/**
 * ClamAV's daemon: INSTREAM over TCP, one connection per file. It supports neither encryption nor passwords, so it
 * belongs in a private network. https://docs.clamav.net/manual/Usage/Scanning.html#clamd, `man clamd`
 */
export function createClamd(
  { hostname, port }: Pick<URL, "hostname" | "port">,
  timeoutMs = SCAN_TIMEOUT_MS,
): Scanner {
  return {
    async scan(bytes) {
      const clamd = { hostname, port: Number(port), timeoutMs };
      const answer = await ask(bytes, clamd).catch((cause) => {
        throw new ScannerError("the virus scanner did not answer", cause);
      });
      return resultOf(answer);
    },
  };
}

/**
 * `stream: OK` or `stream: <signature> FOUND`; any other response is an error.
 */
function resultOf(answer: string): string | null {
  if (answer === "stream: OK") return null;
  const found = /^stream: (.+) FOUND$/.exec(answer)?.[1];
  if (found !== undefined) return found;
  throw new ScannerError(
    "the virus scanner gave no result",
    new Error(`clamd answered ${JSON.stringify(answer.slice(0, 200))}`),
  );
}

async function ask(
  bytes: Uint8Array,
  { hostname, port, timeoutMs }: {
    hostname: string;
    port: number;
    timeoutMs: number;
  },
): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs);
  const connection = await connect(hostname, port, signal);
  const hangUp = () => connection.close();
  signal.addEventListener("abort", hangUp);
  try {
    const [sent, answer] = await Promise.allSettled([
      send(connection, bytes),
      receive(connection),
    ]);
    signal.throwIfAborted();
    // If the file is larger than its limit, the daemon answers before all is sent, and hangs up.
    if (answer.status === "rejected") throw answer.reason;
    if (answer.value !== "") return answer.value;
    throw sent.status === "rejected" ? sent.reason : new Error("it hung up");
  } finally {
    signal.removeEventListener("abort", hangUp);
    if (!signal.aborted) connection.close();
  }
}

/** Hosted's version of `Deno.connect` has no signal. */
async function connect(
  hostname: string,
  port: number,
  signal: AbortSignal,
): Promise<Deno.Conn> {
  const aborted = Promise.withResolvers<never>();
  const giveUp = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", giveUp);
  const connecting = Deno.connect({ hostname, port });
  try {
    return await Promise.race([connecting, aborted.promise]);
  } catch (error) {
    // A connection that succeeds too late is closed; a failure has been reported, by itself or by the signal's reason.
    connecting.then((late) => late.close(), () => {});
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** Each chunk after its length as four bytes in network order; a length of zero ends the stream. */
async function send(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  const writer = connection.writable.getWriter();
  try {
    await writer.write(new TextEncoder().encode("zINSTREAM\0"));
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      await writer.write(lengthOf(chunk));
      await writer.write(chunk);
    }
    await writer.write(new Uint8Array(4));
  } finally {
    writer.releaseLock();
  }
}

function lengthOf(chunk: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, chunk.length);
  return length;
}

async function receive(connection: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  let answer = "";
  const buffer = new Uint8Array(1024);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) break;
    answer += decoder.decode(buffer.subarray(0, count), { stream: true });
    const end = answer.indexOf("\0");
    if (end !== -1) return answer.slice(0, end);
    if (answer.length > LONGEST_ANSWER) break;
  }
  return answer.trimEnd();
}
