import { basename } from "node:path";
import postgres from "postgres";
import { checkAlerts } from "../../ops/drill/check_alerts.ts";
import { runLocalCli } from "../../platform/cli/local_cli.ts";
import { addAStage } from "./add_a_stage.ts";
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
  /** What failed, one text each, for the summary at the end. */
  failures: string[];
  /** Tests that passed only when they were tried again. */
  unsteady?: string[];
}

export interface CheckOptions {
  /** Of the checks that run test files, only those whose path matches; of `fresh`, the environments. */
  only?: string;
  /** Of `fresh`, only what is quick. */
  quick?: boolean;
}

interface Check {
  about: string;
  /** Run only where it is named. */
  isExtra?: boolean;
  /** It mostly waits, and has nothing in common with the others: it runs beside them. */
  runsBeside?: boolean;
  run(options: CheckOptions): Promise<Tally>;
}

const DATABASE_TESTS = "supabase/tests/database";
/** What the tests in SQL have in common, in the order in which it is loaded. */
const FIXTURES = [
  "fixtures.sql",
  "access/expected_access.sql",
  "access/observed_access.sql",
];

/** What `npm test` runs, in this order but for what runs beside: the quickest to tell comes first. */
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
    run: auditDependencies,
  },
  unit: {
    about: "each part by itself",
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
      "rules by their own unit tests, and one alert from fault to healing (npm run drill has all)",
    run: checkAlerts,
  },
  e2e: {
    about: "the whole pipeline over HTTP",
    runsBeside: true,
    run: ({ only }) =>
      withTestStacks(only ? 1 : 2, async (stacks) => {
        for (const stack of stacks) await sweepEachSecond(stack.databaseUrl);
        return await runVitest("e2e", { only, stacks });
      }),
  },
  stage: {
    about:
      "docs/add-a-stage.md, followed in a copy, where a document goes through the new stage",
    isExtra: true,
    run: addAStage,
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

/** The Supabase CLI's advisors, before the tests add what is theirs. */
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
