import postgres from "postgres";
import { makeReachableTempDir } from "../../platform/stack/postgres/account.ts";
import { type Stack, type StackOptions, startStack } from "../../platform/stack/stack.ts";

export interface BenchStackOptions extends
  Pick<
    StackOptions,
    "functionEnv" | "functionLimits" | "functionsDir" | "onProgress" | "signal"
  > {
  /** Postgres settings that replace the stack's, such as `{ shared_buffers: "1GB" }`; it restarts for them. */
  settings?: Record<string, string>;
}

/**
 * Starts a separate stack for one measurement, in a folder that is removed afterwards. It syncs every commit to the
 * disk.
 * @throws the signal's reason, if that aborts; connections of the measurement are then closed
 */
export async function withBenchStack<T>(
  { settings, ...options }: BenchStackOptions,
  run: (stack: Stack) => Promise<T>,
): Promise<T> {
  const stateDir = await makeReachableTempDir("pipeline-bench-");
  const start = () =>
    startStack({
      stateDir,
      port: 0,
      databasePort: 0,
      durable: true,
      ...options,
    });
  try {
    if (settings) {
      const stack = await start();
      try {
        await applySettings(stack, settings);
      } finally {
        await stack.stop();
      }
    }
    const stack = await start();
    try {
      return await Promise.race([run(stack), aborted(options.signal)]);
    } finally {
      await stack.stop();
    }
  } finally {
    await Deno.remove(stateDir, { recursive: true });
  }
}

/** The settings take effect at the next start. */
async function applySettings(
  stack: Stack,
  settings: Record<string, string>,
): Promise<void> {
  const admin = postgres(stack.adminDatabaseUrl, { max: 1 });
  try {
    for (const [name, value] of Object.entries(settings)) {
      await admin.unsafe(`alter system set ${name} = '${value}'`);
    }
  } finally {
    await admin.end({ timeout: 1 });
  }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}
