import postgres from "postgres";
import { startLlamaParse } from "../simulators/llamaparse/server.ts";
import { startOpenAi } from "../simulators/openai/server.ts";
import { makeReachableTempDir } from "../stack/postgres/account.ts";
import { type Stack, type StackOptions, startStack } from "../stack/stack.ts";
import { STACK_ENVIRONMENT } from "./test_environment.ts";

/** What tests need of the stack that runs for them. Serialisable. */
export interface TestStack {
  url: string;
  databaseUrl: string;
  adminDatabaseUrl: string;
  publishableKey: string;
  secretKey: string;
  anonKey: string;
  serviceRoleKey: string;
  jwtSecret: string;
  /** The simulators, for their control routes. */
  llamaparseUrl: string;
  openaiUrl: string;
  /** The functions' log, one JSON object a line. */
  functionsLog: string;
  /** The functions' keys to the providers. */
  providerKeys: { llamaparse: string; openai: string };
}

/** Values that occur nowhere else, so that tests find a leaked key. */
const PROVIDER_KEYS = {
  llamaparse: "llx-test-8c1d7a44f0",
  openai: "sk-test-3be90d52c7",
};

/** Starts a new stack with simulators on free ports and a folder of its own, and removes all of it afterwards. */
export function withTestStack<T>(
  run: (stack: TestStack) => Promise<T>,
): Promise<T> {
  return withTestStacks(1, ([stack]) => run(stack));
}

/** Starts several stacks that share nothing. */
export async function withTestStacks<T>(
  count: number,
  run: (stacks: TestStack[]) => Promise<T>,
): Promise<T> {
  await using parts = new AsyncDisposableStack();
  const stacks: TestStack[] = [];
  for (let n = 0; n < count; n++) {
    stacks.push((await startTestStack(parts)).facts);
  }
  return await run(stacks);
}

/**
 * Starts one stack.
 * @param parts receives what must be stopped
 */
export async function startTestStack(
  parts: AsyncDisposableStack,
  options: Partial<StackOptions> = {},
): Promise<{ stack: Stack; facts: TestStack }> {
  for (const [name, value] of Object.entries(STACK_ENVIRONMENT)) {
    Deno.env.set(name, value);
  }
  const stateDir = await makeReachableTempDir("pipeline-test-");
  parts.defer(() => Deno.remove(stateDir, { recursive: true }));
  const llamaparse = await startLlamaParse();
  parts.defer(() => llamaparse.stop());
  const openai = await startOpenAi();
  parts.defer(() => openai.stop());
  const stack = await startStack({
    ...options,
    stateDir,
    port: 0,
    databasePort: 0,
    // Tests are refused often; how long the answer is held back is tested by itself.
    realtimeLimits: { refusedJoinMs: 100, refusedConnectionMs: 100 },
    functionEnv: {
      LLAMAPARSE_API_KEY: PROVIDER_KEYS.llamaparse,
      LLAMAPARSE_API_URL: llamaparse.url,
      OPENAI_API_KEY: PROVIDER_KEYS.openai,
      OPENAI_API_URL: `${openai.url}/v1`,
    },
  });
  parts.defer(stack.stop);
  await raiseRateLimits(stack.databaseUrl);
  const facts: TestStack = {
    url: stack.url,
    databaseUrl: stack.databaseUrl,
    adminDatabaseUrl: stack.adminDatabaseUrl,
    publishableKey: stack.publishableKey,
    secretKey: stack.secretKey,
    anonKey: stack.anonKey,
    serviceRoleKey: stack.serviceRoleKey,
    jwtSecret: stack.jwtSecret,
    llamaparseUrl: llamaparse.url,
    openaiUrl: openai.url,
    functionsLog: `${stateDir}/functions.log`,
    providerKeys: PROVIDER_KEYS,
  };
  return { stack, facts };
}

/**
 * Raises the rate limits, because tests poll and sign up far more often than people. Tests of the limits set the limits
 * they test.
 */
async function raiseRateLimits(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`
      update pipeline_internal.limits
      set requests_per_user_per_hour = 1000000, status_polls_per_minute = 1000000,
          sign_in_attempts_per_address = 1000000`;
  } finally {
    await sql.end();
  }
}

/** Runs the sweep every second instead of every five. */
export async function sweepEachSecond(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`
      select cron.alter_job(jobid, schedule => '1 second') from cron.job where jobname = 'pipeline-sweep'`;
  } finally {
    await sql.end();
  }
}
