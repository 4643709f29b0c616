import { afterAll, beforeAll, expect, test } from "vitest";
import { REPOSITORY } from "../../dev/repository.ts";
import { makeReachableTempDir } from "../../platform/stack/postgres/account.ts";
import { KeptDatabase } from "./kept_database.ts";

const MIGRATION = "migrations/20260101000000_a.sql";
let projectDir: string;

const write = (path: string, text: string) => Deno.writeTextFile(`${projectDir}/supabase/${path}`, text);
const migration = (column: string, answer: string) =>
  `create table public.notes (${column} int);
   create function public.answer() returns text language sql as $$ select '${answer}' $$;`;
const fixture = (answer: string) =>
  `create schema if not exists tests;
   create function tests.expected() returns text language sql as $$ select '${answer}' $$;`;
const pgtap = (assertion: string) => `begin; select plan(1); select ${assertion}; select * from finish(); rollback;`;

beforeAll(async () => {
  projectDir = await makeReachableTempDir("kept-");
  for (const folder of ["migrations", "functions", "tests/database/access"]) {
    await Deno.mkdir(`${projectDir}/supabase/${folder}`, { recursive: true });
  }
  await Deno.copyFile(
    `${REPOSITORY}/supabase/config.toml`,
    `${projectDir}/supabase/config.toml`,
  );
  await write(MIGRATION, migration("id", "one"));
  await write("tests/database/fixtures.sql", fixture("one"));
  for (const name of ["expected_access", "observed_access"]) {
    await write(`tests/database/access/${name}.sql`, "select 1;");
  }
  await write(
    "tests/database/answer.test.sql",
    pgtap("is(public.answer(), tests.expected())"),
  );
  await write(
    "tests/database/column.test.sql",
    pgtap("has_column('public', 'notes', 'id', 'id')"),
  );
});

afterAll(() => Deno.remove(projectDir, { recursive: true }));

const open = () => KeptDatabase.open({ projectDir, stateDir: `${projectDir}/state` });
/** What tests come to in a run of their own. */
async function run(...patterns: string[]) {
  await using database = await open();
  const { passed, failures } = await database.test(patterns);
  return { passed, failed: failures.length };
}

test("runs the chosen files alone, on the migrations and fixtures as they are at each run", async () => {
  expect(await run("answer.test")).toEqual({ passed: 1, failed: 0 });
  expect(await run("supabase/tests/database/answer", "column")).toEqual({
    passed: 2,
    failed: 0,
  });

  await write(MIGRATION, migration("id", "two"));
  expect(await run("answer")).toEqual({ passed: 0, failed: 1 });
  await write("tests/database/fixtures.sql", fixture("two"));
  expect(await run("answer")).toEqual({ passed: 1, failed: 0 });
});

test("makes the database again when an edit cannot be applied to it", async () => {
  expect(await run("column")).toEqual({ passed: 1, failed: 0 });
  await write(MIGRATION, migration("number", "two"));
  expect(await run("column")).toEqual({ passed: 0, failed: 1 });
  await Deno.rename(
    `${projectDir}/supabase/${MIGRATION}`,
    `${projectDir}/supabase/migrations/20260102000000_b.sql`,
  );
  expect(await run("answer")).toEqual({ passed: 1, failed: 0 });
});

test("fails when no file is chosen", async () => {
  expect(await run("nosuch")).toEqual({ passed: 0, failed: 1 });
});

test("says that another process has it", async () => {
  await using _database = await open();
  await expect(open()).rejects.toMatchObject({ code: "instance_running" });
});
