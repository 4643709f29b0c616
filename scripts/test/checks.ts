import postgres from "postgres";
import { checkAlerts } from "../monitoring/check_alerts.ts";
import { readTypeScriptFiles } from "./sources.ts";
import { withTestStack } from "./test_stack.ts";
import { runPgTap } from "./pgtap.ts";
import { runVitest } from "./vitest.ts";

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

export interface CheckOptions {
  /** Of the checks that run test files, only those whose path matches. */
  only?: string;
}

interface Check {
  about: string;
  run(options: CheckOptions): Promise<Tally>;
}

const DATABASE_TESTS = "supabase/tests/database";

/** What `npm test` runs, in this order: the quickest to tell comes first. */
export const CHECKS = {
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
  unit: {
    about: "each part by itself",
    run: ({ only }) => runVitest("unit", { only }),
  },
  database: {
    about: "migrations from empty, lint, and the invariants in SQL (pgTAP)",
    run: () =>
      withTestStack(async (stack) =>
        sum([
          await lintDatabase(stack.databaseUrl),
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
    run: ({ only }) =>
      withTestStack((stack) => runVitest("e2e", { only, stack })),
  },
} satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECKS;

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
  return { passed: success ? 1 : 0, failed: success ? 0 : 1, skipped: 0 };
}

/** The Supabase CLI's linter: plpgsql_check over every function. */
function lintDatabase(databaseUrl: string): Promise<Tally> {
  return succeeds("node_modules/.bin/supabase", [
    "db",
    "lint",
    "--db-url",
    `${databaseUrl}?sslmode=disable`,
    "--schema",
    "upload_pipeline,pipeline_internal,pipeline_monitoring",
    "--level",
    "warning",
    "--fail-on",
    "warning",
  ]);
}

async function testDatabase(databaseUrl: string): Promise<Tally> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  await sql.file(`${DATABASE_TESTS}/fixtures.sql`).finally(() => sql.end());
  const files = await runPgTap(databaseUrl, DATABASE_TESTS);
  for (const { file, failures } of files) {
    for (const failure of failures) console.error(`${file}: ${failure}`);
  }
  return {
    passed: files.reduce((count, file) => count + file.passed, 0),
    failed: files.reduce((count, file) => count + file.failed, 0),
    skipped: 0,
  };
}

function sum(tallies: Tally[]): Tally {
  return {
    passed: tallies.reduce((total, tally) => total + tally.passed, 0),
    failed: tallies.reduce((total, tally) => total + tally.failed, 0),
    skipped: tallies.reduce((total, tally) => total + tally.skipped, 0),
  };
}
