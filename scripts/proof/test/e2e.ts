import { findTestStack } from "../../platform/test_stack/running_test_stack.ts";
import { sweepEachSecond, withTestStacks } from "../../platform/test_stack/test_stack.ts";
import type { Tally } from "./checks.ts";
import { runVitest } from "./vitest.ts";

/**
 * The end-to-end tests: all files on two new stacks; matching files on the stack of `npm run dev -- --e2e`, or on a new one.
 */
export async function checkEndToEnd(patterns: string[]): Promise<Tally> {
  const running = patterns.length > 0 ? await findTestStack() : undefined;
  if (running) {
    console.log(`Using the running test stack, ${running.url}`);
    return await runVitest("e2e", { patterns, stacks: [running] });
  }
  const count = patterns.length > 0 ? 1 : 2;
  return await withTestStacks(count, async (stacks) => {
    for (const stack of stacks) await sweepEachSecond(stack.databaseUrl);
    return await runVitest("e2e", { patterns, stacks });
  });
}
