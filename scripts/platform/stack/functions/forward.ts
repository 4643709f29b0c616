import type { LimitedBody } from "./body_limit.ts";
import { describe, type FunctionProcess } from "./process.ts";

/**
 * Headers that belong to one connection, not to the message (RFC 9110, 7.6.1).
 */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Over HTTP/1, Deno 2.1 closes the connection of a caller whose body it has not read when it answers. */
const forBodies = Deno.createHttpClient({ http1: false, http2: true });
/**
 * Bytes of the first line and the headers that Deno's server accepts over HTTP/2: 16 kB, less a margin for how it
 * counts them.
 */
const LONGEST_HEAD = 12_000;

/** Milliseconds to find out whether a process whose connection broke has ended, on a busy machine too. */
const END_NOTICED_MS = 5_000;

/** The function sent nothing within the time that a request may wait. */
export class NoResponse extends Error {
  override name = "NoResponse";
}

/** The function's process ended before it answered. */
export class ProcessEnded extends Error {
  override name = "ProcessEnded";
}

/**
 * Passes a request on to a function's process and gives back its response, streaming both ways.
 * @throws {NoResponse} if `firstResponseMs` pass before the response begins
 * @throws {ProcessEnded} if the process ends before that
 */
export async function forward(
  request: Request,
  { process, body, path, firstResponseMs }: {
    process: FunctionProcess;
    body: LimitedBody | undefined;
    path: string;
    firstResponseMs: number;
  },
): Promise<Response> {
  const deadline = new AbortController();
  const timer = setTimeout(
    () =>
      deadline.abort(
        new NoResponse(`no response within ${firstResponseMs} ms`),
      ),
    firstResponseMs,
  );
  try {
    const response = await fetch(`http://127.0.0.1:${process.port}${path}`, {
      client: body && isShort(request, path) ? forBodies : undefined,
      method: request.method,
      headers: forwardedHeaders(request),
      body: body?.content,
      redirect: "manual",
      signal: AbortSignal.any([deadline.signal, process.gone]),
    });
    return asHosted(response);
  } catch (error) {
    if (deadline.signal.aborted) throw deadline.signal.reason;
    if (body?.exceeded) throw error;
    const ended = await endOf(process);
    throw ended ? new ProcessEnded(describe(ended), { cause: error }) : error;
  } finally {
    clearTimeout(timer);
  }
}

function isShort({ headers }: Request, path: string): boolean {
  const bytes = [...headers].reduce(
    (sum, [name, value]) => sum + name.length + value.length,
    path.length,
  );
  return bytes <= LONGEST_HEAD;
}

/** Waits, because a connection breaks a moment before the end of the process is known. */
function endOf(
  process: FunctionProcess,
): Promise<Deno.CommandStatus | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), END_NOTICED_MS);
  return Promise.race([process.exited, promise])
    .finally(() => clearTimeout(timer));
}

function forwardedHeaders(request: Request): Headers {
  const headers = new Headers(request.headers);
  for (const name of HOP_BY_HOP) headers.delete(name);
  const url = new URL(request.url);
  // Deno 2.1 compresses answers by itself; on hosted, only the gateway compresses.
  headers.set("accept-encoding", "identity");
  headers.set("x-forwarded-host", url.hostname);
  headers.set("x-forwarded-port", url.port);
  headers.set("x-forwarded-proto", "http");
  headers.set("x-forwarded-for", "127.0.0.1");
  // Hosted overwrites what the client sent.
  headers.set("cf-connecting-ip", "127.0.0.1");
  return headers;
}

/**
 * The function's response as hosted passes it on, which changes it only rarely.
 */
function asHosted(response: Response): Response {
  const { headers: given, body, status, statusText } = response;
  // Hosted serves no HTML from its domain.
  const isPage = given.get("content-type")?.startsWith("text/html");
  if (!isPage && !HOP_BY_HOP.some((name) => given.has(name))) return response;

  const headers = new Headers(given);
  for (const name of HOP_BY_HOP) headers.delete(name);
  if (isPage) headers.set("content-type", "text/plain");
  return new Response(body, { status, statusText, headers });
}
