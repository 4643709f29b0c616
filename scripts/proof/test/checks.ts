import { basename } from "node:path";
import { readTypeScriptFiles } from "./sources.ts";

export interface Tally {
  passed: number;
  skipped: number;
  /** What failed, one text each, for the summary at the end. */
  failures: string[];
  /** Tests that passed only when they were tried again. */
  unsteady?: string[];
}

export interface CheckOptions {
  /** Of the checks that run test files, only those whose path has one of these; of `fresh`, the environments. Empty: all. */
  patterns: string[];
  /** Of `fresh`, only what is quick. */
  quick?: boolean;
}

interface Check {
  about: string;
  /** Run only where it is named. */
  isExtra?: boolean;
  /** Whether it can run chosen tests. */
  takesPatterns?: boolean;
  /** Runs the chosen files again and again, after each change of what they test; until it is interrupted. */
  watch?(patterns: string[]): Promise<void>;
  /** It mostly waits, and has nothing in common with the others: it runs beside them. */
  runsBeside?: boolean;
  run(options: CheckOptions): Promise<Tally>;
}

/**
 * What `npm test` runs, in this order but for what runs beside: the quickest to tell comes first. Each is loaded when it is
 * run: what starts a stack takes as long to load as many a test takes to run.
 */
export const CHECKS: Record<string, Check> = {
  format: {
    about: "every file is formatted",
    run: () => deno("fmt", "--check", "--quiet"),
  },
  lint: {
    about: "no lint",
    run: () => deno("lint", "--quiet"),
  },
  types: {
    about: "every TypeScript file type-checks",
    run: async () =>
      await deno("check", "--quiet", ...await readTypeScriptFiles()),
  },
  generated: {
    about: "npm run generate would change no file",
    run: async () =>
      await deno("run", "-A", "scripts/dev/generate/main.ts", "--check"),
  },
  audit: {
    about: "nothing severe is known against the packages that deploy",
    run: async () => await (await import("./audit.ts")).auditDependencies(),
  },
  unit: {
    about: "each part by itself",
    ...vitest("unit"),
  },
  platform: {
    about: "the local platform: the stack, its Postgres, and the simulators",
    ...vitest("platform"),
  },
  database: {
    about:
      "migrations from empty, lint, advisors, and the invariants in SQL (pgTAP); of chosen tests, these alone",
    takesPatterns: true,
    run: async ({ patterns }) =>
      patterns.length > 0
        ? await (await import("./kept_database.ts")).testChosen(patterns)
        : await (await import("./database.ts")).checkDatabase(),
    watch: async (patterns) =>
      await (await import("./kept_database.ts")).watchChosen(patterns),
  },
  alerts: {
    about:
      "rules by their own unit tests, and one alert from fault to healing (npm run drill has all)",
    run: async () =>
      await (await import("../../ops/drill/check_alerts.ts")).checkAlerts(),
  },
  e2e: {
    about: "the whole pipeline over HTTP",
    runsBeside: true,
    takesPatterns: true,
    run: async ({ patterns }) =>
      await (await import("./e2e.ts")).checkEndToEnd(patterns),
  },
  fresh: {
    about:
      "npm start and npm test in fresh clones, each in another environment",
    isExtra: true,
    runsBeside: true,
    takesPatterns: true,
    run: async (options) =>
      await (await import("./fresh/fresh.ts")).checkFresh(options),
  },
};

function vitest(project: "unit" | "platform"): Omit<Check, "about"> {
  return {
    takesPatterns: true,
    run: async ({ patterns }) =>
      await (await import("./vitest.ts")).runVitest(project, { patterns }),
    watch: async (patterns) =>
      await (await import("./vitest.ts")).watchVitest(project, patterns),
  };
}

async function deno(...args: string[]): Promise<Tally> {
  return await succeeds(Deno.execPath(), args);
}

async function succeeds(command: string, args: string[]): Promise<Tally> {
  const { success } = await new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  const failures = success
    ? []
    : [[basename(command), ...args.slice(0, 2)].join(" ")];
  return { passed: success ? 1 : 0, skipped: 0, failures };
}
