import type { Tally } from "./checks.ts";
import type { TestStack } from "./test_stack.ts";

/**
 * Runs vitest under Deno, on the files of one project of vitest.config.ts.
 * @param stack what the end-to-end tests talk to; they read it from the environment
 */
export async function runVitest(
  project: "unit" | "e2e",
  { only, stack }: { only?: string; stack?: TestStack },
): Promise<Tally> {
  const report = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "node_modules/vitest/vitest.mjs",
        "run",
        "--project",
        project,
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...only ? [only] : [],
      ],
      env: stack ? { TEST_STACK: JSON.stringify(stack) } : {},
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    const text = await Deno.readTextFile(report);
    if (text === "") throw new Error(`vitest ran no test of ${project}`);
    const results = JSON.parse(text);
    const failed = results.numFailedTests as number;
    return {
      passed: results.numPassedTests,
      // A file that does not even load, or a fault outside any test, fails without a failed test.
      failed: failed === 0 && !success ? 1 : failed,
      skipped: results.numPendingTests,
    };
  } finally {
    await Deno.remove(report);
  }
}
