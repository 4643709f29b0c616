import { afterAll, beforeAll, expect, test } from "vitest";
import { applyMigrations } from "./migrations.ts";
import { startTestCluster, type TestCluster } from "./testing/test_cluster.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";

const CONFIG = new URL("../../../../supabase/config.toml", import.meta.url);
let database: TestCluster;
let projectDir: string;
/** The beginnings of the CLI's runs. */
let runs: string[] = [];

beforeAll(async () => {
  database = await startTestCluster();
  projectDir = await Deno.makeTempDir();
  await Deno.mkdir(`${projectDir}/supabase/migrations`, { recursive: true });
  await Deno.copyFile(CONFIG, `${projectDir}/supabase/config.toml`);
}, 60_000);

afterAll(async () => {
  await database?.close();
  await Deno.remove(projectDir, { recursive: true });
});

const write = (name: string, text: string) => Deno.writeTextFile(`${projectDir}/supabase/migrations/${name}`, text);
const apply = () =>
  applyMigrations(database.cluster.urlFor("postgres"), {
    projectDir,
    onProgress: (step) => runs.push(step),
  });

test(
  "applies new migrations once, as postgres, and does not start the CLI without any",
  async () => {
    expect(await apply()).toEqual([]);
    await write("20260101000000_one.sql", "create table public.one (n int);");
    await write("20260102000000_two.sql", "create table public.two (n int);");
    expect(await apply()).toEqual([
      "20260101000000_one.sql",
      "20260102000000_two.sql",
    ]);
    const owners = await database.connect()`
    select distinct tableowner from pg_tables where schemaname = 'public'`;
    expect([...owners]).toEqual([{ tableowner: "postgres" }]);

    runs = [];
    expect(await apply()).toEqual([]);
    expect(runs).toEqual([]);
  },
  30_000,
);

test(
  "names a failing migration with its statement, and applies none of it",
  async () => {
    await write(
      "20260103000000_three.sql",
      "create table public.three (n int);",
    );
    await write(
      "20260104000000_four.sql",
      "create table public.four (n int);\ninsert into public.four select 1 / 0;\n",
    );
    const failure = await apply().catch((error) => error);
    expect(failure).toBeInstanceOf(ErrorWithRemedy);
    expect(failure.message).toContain("20260104000000_four.sql");
    expect(failure.message).toContain("division by zero");
    expect(failure.message).toContain("insert into public.four");
    const sql = database.connect();
    expect(
      await sql`select to_regclass('public.three') is not null as three, to_regclass('public.four') as four`,
    )
      .toMatchObject([{ three: true, four: null }]);

    await write("20260104000000_four.sql", "create table public.four (n int);");
    expect(await apply()).toEqual(["20260104000000_four.sql"]);
  },
  30_000,
);

test("refuses a database with unknown migrations", async () => {
  await Deno.remove(
    `${projectDir}/supabase/migrations/20260102000000_two.sql`,
  );
  await expect(apply()).rejects.toMatchObject({
    code: "unknown_migrations",
    message: expect.stringContaining("20260102000000"),
    remedy: expect.stringContaining("npm run dev -- --reset"),
  });
});
