import { basename } from "node:path";
import { readTypeScriptFiles } from "../../dev/check/sources.ts";

export interface Tally {
  passed: number;
  skipped: number;
  /** One text for each failure, for the final summary. */
  failures: string[];
  /** Tests that passed only in a retry. */
  unsteady?: string[];
}

export interface CheckOptions {
  /** Filters: parts of test files' paths, or environments of `fresh`. Empty: all. */
  patterns: string[];
  /** For `fresh`, only the quick environments. */
  quick?: boolean;
}

interface Check {
  about: string;
  /** Run only when it is named. */
  isExtra?: boolean;
  /** A command of its own: run only when it is named, and not with `--all` either. */
  isSeparate?: boolean;
  /** Whether it accepts patterns. */
  takesPatterns?: boolean;
  /** Reruns the matching files after each change of their imports, until it is interrupted. */
  watch?(patterns: string[]): Promise<void>;
  /** A check that mostly waits and shares nothing with the others; it runs in parallel. */
  runsBeside?: boolean;
  run(options: CheckOptions): Promise<Tally>;
}

/**
 * The checks of `npm test` in order, quickest first, apart from those that run in parallel. Each is loaded when it
 * runs, because loading the stack takes as long as many tests.
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
    run: async () => await deno("check", "--quiet", ...await readTypeScriptFiles()),
  },
  generated: {
    about: "npm run generate would change no file",
    run: async () => await deno("run", "-A", "scripts/dev/generate/main.ts", "--check"),
  },
  migrations: {
    about: "what a release has of the migrations is as it was released",
    run: async () =>
      tallyOf(
        await (await import("../../dev/check/migrations.ts"))
          .checkMigrations("."),
      ),
  },
  audit: {
    about: "no known severe vulnerability in the packages that deploy",
    run: async () => await (await import("./audit.ts")).auditDependencies(),
  },
  unit: {
    about: "unit tests",
    ...vitest("unit"),
  },
  platform: {
    about: "the local platform: the stack, its Postgres, and the simulators",
    ...vitest("platform"),
  },
  database: {
    about:
      "migrations from empty, lint, advisors, and the invariants in SQL (pgTAP); with patterns, only the matching tests",
    takesPatterns: true,
    run: async ({ patterns }) =>
      patterns.length > 0
        ? await (await import("./kept_database.ts")).testChosen(patterns)
        : await (await import("./database.ts")).checkDatabase(),
    watch: async (patterns) => await (await import("./kept_database.ts")).watchChosen(patterns),
  },
  alerts: {
    about: "unit tests of the rules, and one alert from fault to recovery (npm run drill has all)",
    run: async () => await (await import("../../ops/drill/check_alerts.ts")).checkAlerts(),
  },
  e2e: {
    about: "end-to-end tests over HTTP",
    runsBeside: true,
    takesPatterns: true,
    run: async ({ patterns }) => await (await import("./e2e.ts")).checkEndToEnd(patterns),
  },
  examples: {
    about: "the examples, installed, built and driven in Chromium",
    isSeparate: true,
    takesPatterns: true,
    run: async ({ patterns }) => await (await import("./examples/examples.ts")).checkExamples(patterns),
  },
  console: {
    about: "the console, built and driven in Chromium",
    isSeparate: true,
    takesPatterns: true,
    run: async ({ patterns }) => await (await import("./console/console.ts")).checkConsole(patterns),
  },
  stage: {
    about: "docs/add-a-stage.md, followed in a copy, where a document goes through the new stage",
    isExtra: true,
    run: async () => await (await import("./add_a_stage.ts")).addAStage(),
  },
  fresh: {
    about: "npm start and npm test in fresh clones, each in another environment",
    isExtra: true,
    runsBeside: true,
    takesPatterns: true,
    run: async (options) => await (await import("./fresh/fresh.ts")).checkFresh(options),
  },
};

function tallyOf(failures: string[]): Tally {
  for (const failure of failures) console.error(failure);
  return { passed: failures.length === 0 ? 1 : 0, skipped: 0, failures };
}

function vitest(project: "unit" | "platform"): Omit<Check, "about"> {
  return {
    takesPatterns: true,
    run: async ({ patterns }) => await (await import("./vitest.ts")).runVitest(project, { patterns }),
    watch: async (patterns) => await (await import("./vitest.ts")).watchVitest(project, patterns),
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
  const failures = success ? [] : [[basename(command), ...args.slice(0, 2)].join(" ")];
  return { passed: success ? 1 : 0, skipped: 0, failures };
}
