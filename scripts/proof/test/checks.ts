import { basename } from "node:path";
import postgres from "postgres";
import { checkAlerts } from "../../ops/drill/check_alerts.ts";
import { runLocalCli } from "../../platform/cli/local_cli.ts";
import { ADVISOR_EXCEPTIONS } from "./advisor_exceptions.ts";
import { judgeFindings, readAdvisors } from "./advisors.ts";
import { auditDependencies } from "./audit.ts";
import { checkFresh } from "./fresh/fresh.ts";
import { readTypeScriptFiles } from "./sources.ts";
import {
  sweepEachSecond,
  withTestStack,
  withTestStacks,
} from "../../platform/test_stack/test_stack.ts";
import { runPgTap } from "./pgtap.ts";
import { runVitest } from "./vitest.ts";

export interface Tally {
  passed: number;
  skipped: number;
  /** One text for each failure, for the final summary. */
  failures: string[];
  /** Tests that passed only in a retry. */
  unsteady?: string[];
}

export interface CheckOptions {
  /** A filter: paths of test files, or for `fresh` environments. */
  only?: string;
  /** For `fresh`, only the quick environments. */
  quick?: boolean;
}

interface Check {
  about: string;
  /** Run only when it is named. */
  isExtra?: boolean;
  /** A check that mostly waits and shares nothing with the others; it runs in parallel. */
  runsBeside?: boolean;
  run(options: CheckOptions): Promise<Tally>;
}

const DATABASE_TESTS = "supabase/tests/database";
/** Files that the SQL tests share, in load order. */
const FIXTURES = [
  "fixtures.sql",
  "access/expected_access.sql",
  "access/observed_access.sql",
];

/** The checks of `npm test` in order, quickest first, apart from those that run in parallel. */
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
    about: "no known severe vulnerability in the packages that deploy",
    run: auditDependencies,
  },
  unit: {
    about: "unit tests",
    run: ({ only }) => runVitest("unit", { only }),
  },
  database: {
    about:
      "migrations from empty, lint, advisors, and the invariants in SQL (pgTAP)",
    run: () =>
      withTestStack(async (stack) =>
        sum([
          await lintDatabase(stack.databaseUrl),
          await adviseDatabase(stack.databaseUrl),
          await testDatabase(stack.databaseUrl),
        ])
      ),
  },
  alerts: {
    about:
      "unit tests of the rules, and one alert from fault to recovery (npm run drill has all)",
    run: checkAlerts,
  },
  e2e: {
    about: "end-to-end tests over HTTP",
    runsBeside: true,
    run: ({ only }) =>
      withTestStacks(only ? 1 : 2, async (stacks) => {
        for (const stack of stacks) await sweepEachSecond(stack.databaseUrl);
        return await runVitest("e2e", { only, stacks });
      }),
  },
  fresh: {
    about:
      "npm start and npm test in fresh clones, each in another environment",
    isExtra: true,
    runsBeside: true,
    run: checkFresh,
  },
};

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

/** The Supabase CLI's linter: plpgsql_check over every function. */
async function lintDatabase(databaseUrl: string): Promise<Tally> {
  const { success, stdout, stderr } = await runLocalCli(databaseUrl, {
    args: [
      ...["db", "lint", "--level", "warning", "--fail-on", "warning"],
      ...[
        "--schema",
        "upload_pipeline,pipeline_access,pipeline_words,pipeline_search,pipeline_internal,pipeline_monitoring",
      ],
    ],
  });
  if (success) return { passed: 1, skipped: 0, failures: [] };
  console.error(`${stdout}\n${stderr}`);
  return { passed: 0, skipped: 0, failures: ["supabase db lint"] };
}

/** The Supabase CLI's advisors, before tests change the database. */
async function adviseDatabase(databaseUrl: string): Promise<Tally> {
  const findings = await readAdvisors(databaseUrl);
  const faults = judgeFindings(findings, ADVISOR_EXCEPTIONS);
  const failures = faults.map((fault) => `advisors: ${fault}`);
  for (const failure of failures) console.error(failure);
  const passed = faults.length === 0 ? 1 : 0;
  return { passed, skipped: 0, failures };
}

async function testDatabase(databaseUrl: string): Promise<Tally> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    for (const file of FIXTURES) await sql.file(`${DATABASE_TESTS}/${file}`);
  } finally {
    await sql.end();
  }
  const files = await runPgTap(databaseUrl, DATABASE_TESTS);
  const failures = files.flatMap(({ file, failures }) =>
    failures.map((failure) => `${file}: ${failure}`)
  );
  for (const failure of failures) console.error(failure);
  return {
    passed: files.reduce((count, file) => count + file.passed, 0),
    skipped: 0,
    failures,
  };
}

function sum(tallies: Tally[]): Tally {
  return {
    passed: tallies.reduce((total, tally) => total + tally.passed, 0),
    skipped: tallies.reduce((total, tally) => total + tally.skipped, 0),
    failures: tallies.flatMap(({ failures }) => failures),
  };
}
