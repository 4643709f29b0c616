import process from "node:process";
import { defineConfig } from "vitest/config";

/**
 * A test that fails on a busy machine is tried once more; `npm test` names those that needed it. Tests that look for races
 * are not: there, once is enough.
 */
const retry = 1;

/**
 * A process takes one file after the other: starting one and importing everything anew for each took longer than most
 * tests. So a test puts back what it changes for all: the environment, the clock.
 */
const isolate = false;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "client/**/*.test.ts",
            "docs/**/*.test.ts",
            "scripts/**/*.test.ts",
            "supabase/functions/**/*.test.ts",
          ],
          // Deno runs vitest's workers as processes; its threads end with an error.
          pool: "forks",
          // Many of them mostly wait.
          maxWorkers: "100%",
          isolate,
          retry,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // What comes in time on an idle machine comes late on a busy one.
          expect: { poll: { timeout: 30_000 } },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["supabase/tests/e2e/**/*.test.ts"],
          pool: "forks",
          isolate,
          // Faults are injected into a stack: each process has one of its own, and takes one file at a time.
          maxWorkers: JSON.parse(process.env.TEST_STACKS ?? "[]").length || 1,
          retry,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
