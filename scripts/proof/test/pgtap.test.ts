import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestCluster, type TestCluster } from "../../platform/stack/postgres/testing/test_cluster.ts";
import { type PgTapResult, runPgTap } from "./pgtap.ts";

const FILES = {
  "passes.test.sql":
    "begin; select plan(2); select ok(true, 'one'); select is(1, 1, 'two'); select * from finish(); rollback;",
  "folder/fails.test.sql":
    "begin; select plan(2); select is(1, 2, 'sums'); select ok(true); select * from finish(); rollback;",
  "breaks.test.sql": "begin;\nselect plan(1);\nselect nosuch();\nselect * from finish(); rollback;",
  "stops_short.test.sql": "begin; select plan(3); select ok(true, 'one'); select * from finish(); rollback;",
  "without_plan.test.sql": "begin; select ok(true, 'one'); rollback;",
  "asserts_nothing.test.sql": "begin; select * from no_plan(); select * from finish(); rollback;",
  "says_nothing.test.sql": "select 1;",
  "no_plan_but_finish.test.sql":
    "begin; select * from no_plan(); select pass('one'); select * from finish(); rollback;",
  "expected_to_fail.test.sql":
    "begin; select plan(1); select todo('later', 1); select ok(false, 'one'); select * from finish(); rollback;",
  "not_a_test.sql": "select nosuch();",
};

let database: TestCluster;
let results: Map<string, PgTapResult>;

beforeAll(async () => {
  database = await startTestCluster();
  const dir = await Deno.makeTempDir();
  await Deno.mkdir(`${dir}/folder`);
  for (const [name, script] of Object.entries(FILES)) {
    await Deno.writeTextFile(`${dir}/${name}`, script);
  }
  const run = await runPgTap(database.cluster.urlFor("postgres"), dir);
  results = new Map(run.map((result) => [result.file, result]));
  await Deno.remove(dir, { recursive: true });
}, 60_000);

afterAll(() => database?.close());

test("runs every test file below the directory, in order, and no other file", () => {
  expect([...results.keys()]).toEqual([
    "asserts_nothing.test.sql",
    "breaks.test.sql",
    "expected_to_fail.test.sql",
    "folder/fails.test.sql",
    "no_plan_but_finish.test.sql",
    "passes.test.sql",
    "says_nothing.test.sql",
    "stops_short.test.sql",
    "without_plan.test.sql",
  ]);
});

test("counts passed assertions", () => {
  expect(results.get("passes.test.sql")).toMatchObject({
    passed: 2,
    failed: 0,
    failures: [],
  });
  expect(results.get("no_plan_but_finish.test.sql")).toMatchObject({
    passed: 1,
    failed: 0,
  });
});

test("names a failed assertion with the found and the expected value", () => {
  const result = results.get("folder/fails.test.sql")!;
  expect(result).toMatchObject({ passed: 1, failed: 1 });
  expect(result.failures[0]).toMatch(/not ok 1 - sums/);
  expect(result.failures[0]).toMatch(/have: 1[\s\S]*want: 2/);
});

test("fails the file and names the line when an SQL error occurs", () => {
  const result = results.get("breaks.test.sql")!;
  expect(result.failed).toBe(1);
  expect(result.failures[0]).toMatch(
    /^line 3: function nosuch\(\) does not exist \(42883\)/,
  );
});

test("fails a file that stops before its plan is met", () => {
  const result = results.get("stops_short.test.sql")!;
  expect(result.failed).toBe(1);
  expect(result.failures[0]).toMatch(/planned 3 assertions and ran 1/);
});

test("fails a file without a plan or without assertions", () => {
  expect(results.get("without_plan.test.sql")).toMatchObject({ failed: 1 });
  expect(results.get("asserts_nothing.test.sql")).toMatchObject({ failed: 1 });
  expect(results.get("says_nothing.test.sql")).toMatchObject({ failed: 1 });
});

test("passes a file whose failed assertion is marked as to do", () => {
  expect(results.get("expected_to_fail.test.sql")).toMatchObject({ failed: 0 });
});
