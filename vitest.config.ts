import { defineConfig } from "vitest/config";

/**
 * A test that fails on a busy machine is tried once more; `npm test` names those that needed it. Tests that look for races
 * are not: there, once is enough.
 */
const retry = 1;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["scripts/**/*.test.ts", "supabase/functions/**/*.test.ts"],
          // Deno runs vitest's workers as processes; its threads end with an error.
          pool: "forks",
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
          // One stack, with faults injected into it: one file at a time.
          fileParallelism: false,
          retry,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
