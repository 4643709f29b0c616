import { cp } from "node:fs/promises";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeReachableTempDir } from "../stack/postgres/account.ts";
import { linesOf } from "../stack/functions/log.ts";
import { REPOSITORY } from "../../dev/repository.ts";

const VERSION_FILE = "supabase/functions/api/version.ts";
const MIGRATION = "supabase/migrations/20990101000000_scratch.sql";
const SQL = `create table public.notes (id int);
create function public.price(p_count int) returns int
language sql stable set search_path = '' as $$
  select 2 * p_count
$$;
`;
/** From a saved file to the new answer, in milliseconds: seconds on a busy machine, less than one on an idle one. */
const SERVED_WITHIN_MS = 20_000;

let dir: string;
let child: Deno.ChildProcess;
let url: string;
let databaseUrl: string;
const lines: string[] = [];

/** A copy of what the stack serves, and the program that is at work on it. */
beforeAll(async () => {
  dir = await makeReachableTempDir("dev-mode-");
  for (const part of ["functions", "migrations", "config.toml"]) {
    await cp(`${REPOSITORY}/supabase/${part}`, `${dir}/supabase/${part}`, {
      recursive: true,
    });
  }
  for (const file of ["deno.json", "package.json"]) {
    await Deno.copyFile(`${REPOSITORY}/${file}`, `${dir}/${file}`);
  }
  await Deno.symlink(`${REPOSITORY}/node_modules`, `${dir}/node_modules`);
  await Deno.writeTextFile(`${dir}/${MIGRATION}`, SQL);
  await start();
}, 120_000);

afterAll(async () => {
  await stop();
  await Deno.remove(dir, { recursive: true });
});

async function start(...options: string[]): Promise<void> {
  lines.length = 0;
  child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", `${import.meta.dirname}/main.ts`, "--port", "0"],
      ...["--project", dir, "--state-dir", `${dir}/state`, ...options],
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  for (const stream of [child.stdout, child.stderr]) {
    (async () => {
      for await (const line of linesOf(stream)) lines.push(line.trim());
    })();
  }
  await printed(/Ready$/);
  url = lines.find((line) => /^Supabase URL/.test(line))!.split(/\s+/).at(-1)!;
  databaseUrl = lines.find((line) => /^Database/.test(line))!
    .split(/\s+/).at(-1)!;
}

const report = (what: string, ms: number) => console.log(`${what}: served ${ms.toFixed(0)} ms after it was saved`);

async function stop(): Promise<void> {
  child?.kill("SIGTERM");
  await child?.status;
}

/** The first line like this, once it is there. */
async function printed(pattern: RegExp): Promise<string> {
  return await vi.waitFor(() => {
    const found = lines.find((line) => pattern.test(line));
    if (!found) throw new Error(`no ${pattern} in:\n${lines.join("\n")}`);
    return found;
  }, { timeout: 90_000, interval: 20 });
}

async function edit(
  path: string,
  from: string | RegExp,
  to: string,
): Promise<void> {
  const text = await Deno.readTextFile(`${dir}/${path}`);
  expect(text).toMatch(from);
  await Deno.writeTextFile(`${dir}/${path}`, text.replace(from, to));
}

/** Milliseconds until what is served is this. */
async function served<T>(look: () => Promise<T>, wanted: T): Promise<number> {
  const saved = performance.now();
  await vi.waitFor(async () => expect(await look()).toEqual(wanted), {
    timeout: SERVED_WITHIN_MS,
    interval: 20,
  });
  return performance.now() - saved;
}

async function version(): Promise<string> {
  const answer = await fetch(`${url}/functions/v1/api/health`);
  return (await answer.json()).version;
}

async function query(statement: string): Promise<unknown> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const [row] = await sql.unsafe(statement);
    return Object.values(row)[0];
  } finally {
    await sql.end();
  }
}

const price = () => query("select public.price(10)");

test("serves an edited function and names what was restarted", async () => {
  const before = await version();
  await edit(VERSION_FILE, `"${before}"`, '"9.9.9"');
  report("function", await served(version, "9.9.9"));
  await printed(
    /restarted api: supabase\/functions\/api\/version\.ts \(\d+\.\d s\)$/,
  );
});

test("keeps serving the last build when an edit cannot be built, and names the place", async () => {
  const running = await version();
  await edit(VERSION_FILE, "export const", "export const =");
  await printed(
    /functions are not restarted: supabase\/functions\/api\/version\.ts:\d+: Expected identifier/,
  );
  expect(await version()).toBe(running);

  await edit(
    VERSION_FILE,
    /export const = .*/,
    'export const VERSION = "9.9.10";',
  );
  await served(version, "9.9.10");
});

test("applies an edited SQL function and reports it", async () => {
  expect(await price()).toBe(20);
  await edit(MIGRATION, "2 * p_count", "3 * p_count");
  report("SQL function", await served(price, 30));
  await printed(/20990101000000_scratch\.sql: applied function public\.price/);
});

test("names the line when Postgres refuses an edit", async () => {
  await edit(MIGRATION, "3 * p_count", "3 * nosuch");
  await printed(/scratch\.sql fails, line 4: column "nosuch" does not exist/);
  expect(await price()).toBe(30);
  await edit(MIGRATION, "3 * nosuch", "4 * p_count");
  await served(price, 40);
});

test("applies a new migration", async () => {
  await Deno.writeTextFile(
    `${dir}/supabase/migrations/20990102000000_later.sql`,
    "create table public.later as select 1 as n;",
  );
  await printed(/20990102000000_later\.sql: applied, a new migration/);
  expect(await query("select n from public.later")).toBe(1);
});

test("offers a reset when a table was edited, and starts with an empty database when it is asked to", async () => {
  await edit(MIGRATION, "(id int)", "(id int, title text)");
  await printed(
    /scratch\.sql was edited and cannot be re-applied: "create table public\.notes" is changed or gone/,
  );
  await printed(/To start with an empty database.*: npm run dev -- --reset$/);

  await stop();
  await start();
  await printed(/To start with an empty database.*: npm run dev -- --reset$/);
  await query("insert into public.notes values (1) returning id");

  await stop();
  await start("--reset");
  expect(lines.filter((line) => /edited|empty database/.test(line))).toEqual(
    [],
  );
  expect(await query("select count(title)::int from public.notes")).toBe(0);
  expect(await query("select count(*)::int from public.notes")).toBe(0);
});
