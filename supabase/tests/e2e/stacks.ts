import process from "node:process";
import type { TestStack } from "../../../scripts/platform/test_stack/test_stack.ts";

/** The stacks that `npm test` started, one for each test process. */
export const stacks: TestStack[] = JSON.parse(process.env.TEST_STACKS ?? "[]");

/** This process' own stack, whose changes and faults affect no other process. */
export const ownStack: TestStack | undefined = stacks[Number(process.env.VITEST_POOL_ID) - 1];
