import { makeReachableTempDir } from "../stack/postgres/account.ts";
import { type Stack, type StackOptions, startStack } from "../stack/stack.ts";

/**
 * A stack of its own for one measurement, in a folder that is removed afterwards. It syncs every commit to the disk, as a
 * database does whose data matter.
 * @throws the signal's reason, if that aborts; what runs on the stack then has its connections cut
 */
export async function withBenchStack<T>(
  options: Pick<
    StackOptions,
    "functionEnv" | "functionLimits" | "functionsDir" | "onProgress" | "signal"
  >,
  run: (stack: Stack) => Promise<T>,
): Promise<T> {
  const stateDir = await makeReachableTempDir("pipeline-bench-");
  try {
    const stack = await startStack({
      stateDir,
      port: 0,
      databasePort: 0,
      durable: true,
      ...options,
    });
    try {
      return await Promise.race([run(stack), aborted(options.signal)]);
    } finally {
      await stack.stop();
    }
  } finally {
    await Deno.remove(stateDir, { recursive: true });
  }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}
