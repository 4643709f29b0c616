import { findTestStack } from "../../platform/test_stack/running_test_stack.ts";
import {
  sweepEachSecond,
  withTestStacks,
} from "../../platform/test_stack/test_stack.ts";
import type { Tally } from "./checks.ts";
import { runVitest } from "./vitest.ts";

/**
 * The pipeline over HTTP: all of it on two fresh stacks, chosen files on the one that `npm run dev -- --e2e` keeps up, or on
 * a fresh one.
 */
export async function checkEndToEnd(patterns: string[]): Promise<Tally> {
  const running = patterns.length > 0 ? await findTestStack() : undefined;
  if (running) {
    console.log(`On the stack that is up for tests, ${running.url}`);
    return await runVitest("e2e", { patterns, stacks: [running] });
  }
  const count = patterns.length > 0 ? 1 : 2;
  return await withTestStacks(count, async (stacks) => {
    for (const stack of stacks) await sweepEachSecond(stack.databaseUrl);
    return await runVitest("e2e", { patterns, stacks });
  });
}
