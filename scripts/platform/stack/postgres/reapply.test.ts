import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { applyMigrations } from "./migrations.ts";
import { readEdits, reapplyEdits } from "./reapply.ts";
import { splitStatements } from "./sql_statements.ts";
import { startTestCluster, type TestCluster } from "./testing/test_cluster.ts";
import { REPOSITORY } from "../../../dev/repository.ts";

const FIRST = "20260101000000_first.sql";
const SECOND = "20260102000000_second.sql";
const SOURCES = {
  [FIRST]: `
create table public.notes (id int);
create function public.price(p_count int) returns int
language sql stable set search_path = '' as $$ select 2 * p_count $$;
revoke execute on function public.price from public;
create view public.prices as select public.price(id) as price from public.notes;
`,
  [SECOND]: `
do $do$ begin
  execute 'alter function public.price set jit = off';
  execute 'alter function public.price set plan_cache_mode = force_generic_plan';
end $do$;
revoke execute on all functions in schema public from public, anon;
`,
};

let database: TestCluster;
let projectDir: string;

beforeAll(async () => {
  database = await startTestCluster();
  projectDir = await Deno.makeTempDir();
  await Deno.mkdir(`${projectDir}/supabase/migrations`, { recursive: true });
  await Deno.copyFile(
    `${REPOSITORY}/supabase/config.toml`,
    `${projectDir}/supabase/config.toml`,
  );
});

afterAll(async () => {
  await database?.close();
  await Deno.remove(projectDir, { recursive: true });
});

beforeEach(async () => {
  await database.connect().unsafe(`
    drop schema if exists supabase_migrations cascade;
    drop view if exists public.prices;
    drop function if exists public.price(int), public.twice(int);
    drop table if exists public.notes;`);
  for (const [name, sql] of Object.entries(SOURCES)) await write(name, sql);
  await applyMigrations(url(), { projectDir });
});

const url = () => database.cluster.urlFor("postgres");
const write = (name: string, sql: string) => Deno.writeTextFile(`${projectDir}/supabase/migrations/${name}`, sql);
const edit = (from: string, to: string) => {
  expect(SOURCES[FIRST]).toContain(from);
  return write(FIRST, SOURCES[FIRST].replace(from, to));
};
const price = async () => (await database.connect()`select public.price(10) as price`)[0].price;

test("replaces a function once, with its grants and the settings that other migrations gave it", async () => {
  expect(await price()).toBe(20);
  await edit("2 * p_count", "3 * p_count");

  expect(await reapplyEdits(url(), projectDir)).toEqual([{
    file: FIRST,
    outcome: "applied",
    subjects: ["function public.price(p_count int)"],
  }]);

  expect(await price()).toBe(30);
  const [{ proconfig, proacl }] = await database.connect()`
    select proconfig, proacl::text from pg_proc where proname = 'price'`;
  expect(proconfig).toEqual([
    'search_path=""',
    "jit=off",
    "plan_cache_mode=force_generic_plan",
  ]);
  expect(proacl).not.toMatch(/[{,]=X/);
  expect(await reapplyEdits(url(), projectDir)).toEqual([]);
});

test("gives a new function the grants that migrations make on all functions of its schema", async () => {
  const added = "create function public.twice(a int) returns int language sql as 'select 2 * a';";
  await write(FIRST, `${SOURCES[FIRST]}${added}`);
  expect(await reapplyEdits(url(), projectDir)).toMatchObject([{
    outcome: "applied",
    subjects: ["function public.twice(a int)"],
  }]);
  const [roles] = await database.connect()`
    select has_function_privilege('anon', 'public.twice(int)', 'execute') as anon,
      has_function_privilege('authenticated', 'public.twice(int)', 'execute') as authenticated`;
  expect(roles).toEqual({ anon: false, authenticated: true });
});

test("takes away a setting that the function's own statement no longer has", async () => {
  await edit(" stable set search_path = ''", "");
  await reapplyEdits(url(), projectDir);
  const [{ proconfig, provolatile }] = await database.connect()`
    select proconfig, provolatile from pg_proc where proname = 'price'`;
  expect(proconfig).toEqual(["jit=off", "plan_cache_mode=force_generic_plan"]);
  expect(provolatile).toBe("v");
});

test("leaves the database as it is when a table changed with the function", async () => {
  await write(
    FIRST,
    SOURCES[FIRST].replace("(id int)", "(id bigint)").replace("2 *", "3 *"),
  );
  for (let time = 0; time < 2; time++) {
    expect(await reapplyEdits(url(), projectDir)).toEqual([{
      file: FIRST,
      outcome: "needs reset",
      reasons: ['"create table public.notes" is changed or gone'],
    }]);
  }
  expect(await price()).toBe(20);
  expect(await readEdits(url(), projectDir)).toMatchObject([{ file: FIRST }]);
});

test.each([
  [
    "the function returns another type",
    "returns int",
    "returns bigint",
    "function public.price(p_count int): cannot change return type of existing function",
  ],
  [
    "the view has other columns",
    "as price",
    "as cost",
    'view public.prices: cannot change name of view column "price" to "cost"',
  ],
])("needs a reset when %s", async (_what, from, to, reason) => {
  await edit(from, to);
  expect(await reapplyEdits(url(), projectDir)).toEqual([{
    file: FIRST,
    outcome: "needs reset",
    reasons: [reason],
  }]);
});

test("names the line when Postgres refuses the edit, and applies it once it is corrected", async () => {
  await edit("select 2 * p_count", "select 2 *\n nosuch");
  expect(await reapplyEdits(url(), projectDir)).toEqual([{
    file: FIRST,
    outcome: "failed",
    message: 'line 5: column "nosuch" does not exist',
  }]);
  expect(await price()).toBe(20);

  await edit("2 * p_count", "4 * p_count");
  expect(await reapplyEdits(url(), projectDir)).toMatchObject([{
    outcome: "applied",
  }]);
  expect(await price()).toBe(40);
});

test("cuts migrations as the Supabase CLI does", async () => {
  const text = String.raw`-- a comment; not cut
select 'a;''b', "x;y" from (select 1 as "x;y") s;
/* one /* two; */ three; */ select 2;
do $do$ begin perform $$ in; there $$; end $do$;
create function public.both() returns int begin atomic
  select 1; select 3;
end;
`;
  const sql = database.connect();
  await sql`
    delete from supabase_migrations.schema_migrations where version = '20260102000000'`;
  await write(SECOND, text);
  await applyMigrations(url(), { projectDir });
  await sql`drop function public.both`;
  const [{ statements }] = await sql`
    select statements from supabase_migrations.schema_migrations where version = '20260102000000'`;
  expect(splitStatements(text).map(({ text }) => text)).toEqual(statements);
});
