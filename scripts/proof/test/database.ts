import { runLocalCli } from "../../platform/cli/local_cli.ts";
import { withTestStack } from "../../platform/test_stack/test_stack.ts";
import { ADVISOR_EXCEPTIONS } from "./advisor_exceptions.ts";
import { judgeFindings, readAdvisors } from "./advisors.ts";
import type { Tally } from "./checks.ts";
import { DATABASE_TESTS, loadFixtures } from "./fixtures.ts";
import { type PgTapResult, runPgTap } from "./pgtap.ts";

/** Checks the database: migrations from empty, lint, advisors, every SQL test. */
export function checkDatabase(): Promise<Tally> {
  return withTestStack(async ({ databaseUrl }) =>
    sum([
      await lintDatabase(databaseUrl),
      await adviseDatabase(databaseUrl),
      await testDatabase(databaseUrl),
    ])
  );
}

/** The Supabase CLI's linter: plpgsql_check over every function. */
async function lintDatabase(databaseUrl: string): Promise<Tally> {
  const { success, stdout, stderr } = await runLocalCli(databaseUrl, {
    args: [
      ...["db", "lint", "--level", "warning", "--fail-on", "warning"],
      ...[
        "--schema",
        "upload_pipeline,pipeline_access,pipeline_words,pipeline_search,pipeline_internal,pipeline_monitoring,pipeline_console",
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
  await loadFixtures(databaseUrl);
  return tallyOf(await runPgTap(databaseUrl, DATABASE_TESTS));
}

/** Prints failures, and counts results. */
export function tallyOf(files: PgTapResult[]): Tally {
  const failures = files.flatMap(({ file, failures }) => failures.map((failure) => `${file}: ${failure}`));
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
