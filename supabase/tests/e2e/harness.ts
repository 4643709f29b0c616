import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { LOCAL_KEYS } from "../../../scripts/platform/stack/keys.ts";
import { ControlClient } from "../../../scripts/platform/simulators/control_client.ts";
import type { TestStack } from "../../../scripts/platform/test_stack/test_stack.ts";
import { sha256Hex } from "../../functions/_shared/hash.ts";
import { eventually, pause, TIMEOUT_MS } from "./eventually.ts";
import { ownStack } from "./stacks.ts";

export { eventually, pause } from "./eventually.ts";

/** The stack that `npm test` started for this process. */
export const stack: TestStack = ownStack ??
  fail("these tests need a stack: run them with `npm test -- e2e`");
export const functionsUrl = `${stack.url}/functions/v1`;

/** Controls of the simulators. */
export const llamaparse = new ControlClient(stack.llamaparseUrl);
export const openai = new ControlClient(stack.openaiUrl);

/** Connects as the project's owner, to inspect state and change policy. */
export function connect(): postgres.Sql {
  return postgres(stack.databaseUrl, { max: 2, onnotice: () => {} });
}

function fail(message: string): never {
  throw new Error(message);
}

/** A signed-in user: an unmodified supabase-js client, and its session for plain HTTP. */
export interface User {
  id: string;
  email: string;
  token: string;
  client: SupabaseClient;
}

/** The password of every user that tests create. */
export const PASSWORD = "correct horse 7 battery";

export async function createUser(): Promise<User> {
  const client = createClient(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const email = `user-${crypto.randomUUID()}@example.test`;
  const { data, error } = await client.auth.signUp({
    email,
    password: PASSWORD,
  });
  if (error) throw error;
  return {
    id: data.user!.id,
    email,
    token: data.session!.access_token,
    client,
  };
}

/** Calls a function as the user, or without a session. */
export async function call(
  path: string,
  { user, json, ...init }: RequestInit & { user?: User; json?: unknown } = {},
) {
  const response = await fetch(`${functionsUrl}${path}`, {
    ...init,
    headers: {
      apikey: stack.publishableKey,
      ...user && { authorization: `Bearer ${user.token}` },
      ...json !== undefined && { "content-type": "application/json" },
      ...init.headers,
    },
    body: json === undefined ? init.body : JSON.stringify(json),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    // deno-lint-ignore no-explicit-any
    body: (isJson(response) ? JSON.parse(text) : text) as any,
  };
}

function isJson({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("application/json") ?? false;
}

export interface Registered {
  job_id: string;
  document_id: string;
  signed_url: string;
  upload_expires_at: string;
}

/** Registers a PDF as the user, by default a new one, with `announced` replacing fields of the registration. */
export async function register(
  user: User,
  bytes?: Uint8Array,
  announced: Record<string, unknown> = {},
) {
  bytes ??= await newPdf();
  return await call("/api/upload-document-backend", {
    method: "POST",
    user,
    json: {
      filename: "a document.pdf",
      bytes_len: bytes.length,
      mime: "application/pdf",
      sha256: await sha256Hex(bytes),
      ...announced,
    },
  });
}

/** Registers a PDF, by default a new one, and PUTs its bytes to the signed URL. */
export async function upload(
  user: User,
  bytes?: Uint8Array,
  announced: Record<string, unknown> = {},
): Promise<Registered> {
  bytes ??= await newPdf();
  const { status, body } = await register(user, bytes, announced);
  if (status !== 200) throw new Error(`registered: ${status} ${body}`);
  const put = await fetch(body.signed_url, {
    method: "PUT",
    headers: {
      "content-type": String(announced.mime ?? "application/pdf"),
    },
    body: Buffer.from(bytes),
  });
  if (!put.ok) throw new Error(`PUT: ${put.status} ${await put.text()}`);
  return body;
}

/** Polls the document's status until it is one of these. */
export async function waitFor(
  user: User,
  documentId: string,
  statuses: string[],
  timeoutMs = TIMEOUT_MS,
) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { body } = await call(`/api/documents/${documentId}/status`, {
      user,
    });
    if (statuses.includes(body.status)) return body;
    if (Date.now() > deadline) {
      throw new Error(
        `still ${body.status} (${body.state}) after ${timeoutMs} ms: ${JSON.stringify(body)}`,
      );
    }
    await pause(100);
  }
}

export const ENDED = [
  "complete",
  "failed_parse",
  "failed_chunking",
  "failed_embedding",
];

/** The number of messages that a user's jobs have in all queues. */
export async function messagesOf(
  sql: postgres.Sql,
  user: User,
): Promise<number> {
  const [{ count }] = await sql`
    select count(*)::int from (
      select message from pgmq.q_parse union all select message from pgmq.q_fetch_result
      union all select message from pgmq.q_chunk union all select message from pgmq.q_embed
    ) m
    join upload_pipeline.upload_jobs j on j.job_id = (m.message ->> 'job_id')::uuid
    where j.user_id = ${user.id}`;
  return count;
}

/**
 * Waits until the work of earlier tests is finished, so that counts of requests and rows exclude it.
 * @throws with the jobs that stay unfinished
 */
export async function waitUntilIdle(sql: postgres.Sql): Promise<void> {
  const unfinished = () =>
    sql`
      select user_id, status, state, stage, attempt_count, waiting_for from upload_pipeline.upload_jobs
      where message_id is not null or user_queued_at is not null`;
  const isOver = async () => {
    const [{ busy }] = await sql`
      select exists (select from pipeline_internal.file_cleanups)
        or exists (select from pipeline_internal.live_runs join pipeline_internal.stages using (stage)) as busy`;
    return !busy && (await unfinished()).length === 0;
  };
  await eventually(isOver, "all work to finish").catch(async (error) => {
    throw new Error(`${error.message}: ${JSON.stringify(await unfinished())}`);
  });
}

/** Waits until every parse cancellation is done; makes those that are due later due now. */
export async function cancelAll(sql: postgres.Sql): Promise<void> {
  await eventually(async () => {
    await sql`
      update pipeline_internal.parse_cancellations set due_at = clock_timestamp() where attempt_count = 0`;
    await sql`select pipeline_internal.sweep()`;
    const [{ left }] = await sql`
      select exists (select from pipeline_internal.parse_cancellations) as left`;
    return !left;
  }, "the cancellations");
}

/** Restarts every function, so that none is replaced for its age within the next minutes. */
export async function restartFunctions(): Promise<void> {
  await setFunctionEnvironment([]);
  for (const path of ["/api/health/live", "/webhook/test", "/worker/none"]) {
    await call(path);
  }
}

/** The delivery counters of the webhook. */
export async function webhookStatus(): Promise<{ refused_24h: number }> {
  const { body } = await call("/webhook/status", {
    headers: { authorization: `Bearer ${LOCAL_KEYS.metricsSecret}` },
  });
  return body;
}

/** Kills every process of a function at once. */
export async function killFunction(name: string): Promise<void> {
  const pids = await functionPids(name);
  if (pids.length === 0) throw new Error(`the function ${name} is not running`);
  for (const pid of pids) process.kill(pid, "SIGKILL");
}

/** Makes the runs of killed workers look dead at once; the platform needs half a minute to detect it. */
export async function expireRuns(sql: postgres.Sql): Promise<void> {
  await sql`
    update pipeline_internal.worker_runs set heartbeat_at = now() - interval '1 minute'
    where started_at is not null and ended_at is null`;
}

/** The function's processes in start order, including those that only finish their work. */
export async function functionPids(name: string): Promise<number[]> {
  const response = await fetch(`${stack.url}/_stack`);
  const { functions } = await response.json() as {
    functions: { name: string; pid: number }[];
  };
  return functions.filter((fn) => fn.name === name).map(({ pid }) => pid);
}

/** How many processes of a function the platform has retired and killed, for their CPU time or memory. */
export async function functionEnds(
  name: string,
): Promise<{ retired: number; killed: number }> {
  const log = await readFile(stack.functionsLog, "utf8");
  const lines = log.split("\n").filter((line) => line.includes(`"service":"${name}"`));
  const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
  return {
    retired: count(/CPU time soft limit reached/),
    killed: count(/CPU time hard limit reached|memory limit exceeded/),
  };
}

/** Sets one of the functions' variables, as `supabase secrets set` does; an empty value unsets it. */
export function setFunctionEnv(name: string, value: string): Promise<void> {
  return setFunctionEnvironment([{ name, value }]);
}

async function setFunctionEnvironment(
  variables: { name: string; value: string }[],
): Promise<void> {
  const response = await fetch(`${stack.url}/v1/projects/local/secrets`, {
    method: "POST",
    headers: { authorization: `Bearer ${LOCAL_KEYS.managementToken}` },
    body: JSON.stringify(variables),
  });
  if (!response.ok) throw new Error(await response.text());
  await response.body?.cancel();
}

export async function fixture(name: string): Promise<Uint8Array> {
  return new Uint8Array(
    await readFile(new URL(`fixtures/${name}`, import.meta.url)),
  );
}

export async function handbook(): Promise<Uint8Array> {
  return new Uint8Array(
    await readFile(
      new URL("../../../scripts/dev/demo/handbook.pdf", import.meta.url),
    ),
  );
}

/** The handbook with bytes of its own, so that it is no document's duplicate. */
export async function newPdf(): Promise<Uint8Array> {
  return variant(await handbook());
}

/** A PDF with the same text and different bytes: readers ignore bytes after the end marker. */
export function variant(bytes: Uint8Array): Uint8Array {
  const tail = new TextEncoder().encode(`\n% ${crypto.randomUUID()}\n`);
  return new Uint8Array(Buffer.concat([bytes, tail]));
}
