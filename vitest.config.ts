import process from "node:process";
import { defineConfig } from "vitest/config";
import { CLIENT_ENTRIES } from "./console/client_entries.ts";

/**
 * Continuous integration retries a failed test once, for the sake of busy machines, and `npm test` names those that needed
 * it; a developer sees a failure at once. Tests that look for races are never retried.
 */
const retry = process.env.CI ? 1 : 0;

/** Tests that start a stack, its Postgres, or simulators. */
const PLATFORM = "scripts/platform/**/*.test.ts";
/** Tests that drive the examples and the console in a browser. */
const EXAMPLES = "scripts/proof/test/examples/browser/*.test.ts";
const CONSOLE = "scripts/proof/test/console/browser/*.test.ts";

/**
 * A process takes one file after the other: starting one and importing everything again for each took longer than most
 * tests. So a test puts back what it changes for all: the environment, the clock.
 */
const isolate = false;

/** What the groups that `npm test` starts no stack for have in common. */
const parts = {
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
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        // The console's files have the client as a package.
        resolve: { alias: CLIENT_ENTRIES },
        test: {
          name: "unit",
          include: [
            "client/*.test.ts",
            "client/src/**/*.test.ts",
            "console/src/**/*.test.ts",
            "docs/**/*.test.ts",
            "examples/*.test.ts",
            "scripts/**/*.test.ts",
            "supabase/functions/**/*.test.ts",
          ],
          exclude: [PLATFORM, EXAMPLES, CONSOLE],
          ...parts,
        },
      },
      { test: { name: "platform", include: [PLATFORM], ...parts } },
      // One process: it has one browser, whose pages the tests drive one after the other.
      { test: { name: "examples", include: [EXAMPLES], ...parts, maxWorkers: 1, testTimeout: 120_000 } },
      { test: { name: "console", include: [CONSOLE], ...parts, maxWorkers: 1, testTimeout: 120_000 } },
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
