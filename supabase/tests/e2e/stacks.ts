import process from "node:process";
import type { TestStack } from "../../../scripts/platform/test_stack/test_stack.ts";

/** Those that `npm test` started, one for each process that runs tests. */
export const stacks: TestStack[] = JSON.parse(process.env.TEST_STACKS ?? "[]");

/** This process' own: what its tests change or break on it disturbs no others. */
export const ownStack: TestStack | undefined =
  stacks[Number(process.env.VITEST_POOL_ID) - 1];
