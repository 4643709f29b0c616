import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import postgres from "postgres";
import { makeReachableTempDir } from "./account.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { installPostgres } from "./install.ts";
import { stopAbandoned } from "./postmaster.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";

let homeDir: string;
let dir: string;
let running: Cluster[] = [];
let supervisors: Deno.ChildProcess[] = [];

beforeAll(async () => {
  homeDir = await installPostgres();
}, 60_000);

beforeEach(async () => {
  dir = await makeReachableTempDir("cluster-");
});

afterEach(async () => {
  for (const supervisor of supervisors) await kill(supervisor);
  for (const cluster of running) await cluster.stop();
  running = [];
  supervisors = [];
  // The kernel asks a killed supervisor's server to stop, which takes time.
  await stopAbandoned(join(dir, "data"));
  await Deno.remove(dir, { recursive: true });
});

const options = (port = 0) => ({
  homeDir,
  dataDir: join(dir, "data"),
  logFile: join(dir, "postgres.log"),
  port,
});

async function start(port = 0): Promise<Cluster> {
  const cluster = await startCluster(options(port));
  running.push(cluster);
  return cluster;
}

/** Another process that starts a cluster on the same directory, prints what it started, and stays. */
function startSupervisor() {
  const module = new URL("./cluster.ts", import.meta.url).href;
  const script = `
    const { startCluster } = await import(${JSON.stringify(module)});
    const { pid, port } = await startCluster(${JSON.stringify(options())});
    console.log(JSON.stringify({ pid, port }));
    setInterval(() => {}, 1000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    cwd: import.meta.dirname,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  supervisors.push(child);
  async function started(): Promise<{ pid: number; port: number }> {
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    return JSON.parse(new TextDecoder().decode(value));
  }
  return { child, started };
}

async function kill(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  if (!child.stdout.locked) await child.stdout.cancel();
  await child.status;
}

async function query(cluster: Cluster, text: string) {
  const sql = postgres(cluster.urlFor("postgres"), { max: 1 });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end();
  }
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);
const serving = (pid: number) =>
  Deno.readLink(`/proc/${pid}/cwd`).then((cwd) => cwd.startsWith(dir))
    .catch(() => false);

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!await holds()) {
    if (Date.now() > deadline) throw new Error("not so within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("creates the database at the first start and finds it at the next, faster", async () => {
  const begun = performance.now();
  const first = await start();
  const firstTook = performance.now() - begun;
  expect(first.fresh).toBe(true);
  await query(first, "create table public.kept as select 1 as n");
  await first.stop();
  await first.stop();
  expect((await first.exited).success).toBe(true);

  const before = performance.now();
  const second = await start();
  expect(performance.now() - before).toBeLessThan(firstTook);
  expect(second.fresh).toBe(false);
  expect(await query(second, "select n from public.kept")).toMatchObject([
    { n: 1 },
  ]);
  expect(await query(second, "show fsync")).toMatchObject([{ fsync: "on" }]);
});

test("ends the server with its supervisor, and keeps its data for the next start", async () => {
  const supervisor = startSupervisor();
  const { pid, port } = await supervisor.started();
  const sql = postgres(
    `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    {
      max: 1,
    },
  );
  await sql`create table public.kept as select 1 as n`;
  await sql.end();

  supervisor.child.kill("SIGKILL");
  await supervisor.child.status;
  // At once, while the server may still be stopping.
  const next = await start(port);
  expect(await serving(pid)).toBe(false);
  expect(next.fresh).toBe(false);
  expect(await query(next, "select n from public.kept")).toMatchObject([
    { n: 1 },
  ]);
});

test("recovers at the next start after a crash of the server", async () => {
  const first = await start();
  await query(first, "create table public.kept as select 1 as n");
  Deno.kill(first.pid, "SIGKILL");
  expect((await first.exited).signal).toBe("SIGKILL");

  const second = await start();
  expect(await query(second, "select n from public.kept")).toMatchObject([
    { n: 1 },
  ]);
});

for (
  const [moment, sign] of [
    ["its files were laid out", "global"],
    ["its contents were being made", "postmaster.opts"],
  ]
) {
  test(`restarts after a start that was killed while ${moment}`, async () => {
    const supervisor = startSupervisor();
    const unfinished = join(dir, `data.unfinished-${supervisor.child.pid}`);
    await until(() => exists(join(unfinished, sign)));
    supervisor.child.kill("SIGKILL");
    await supervisor.child.status;
    expect(await exists(join(dir, "data"))).toBe(false);

    const cluster = await start();
    expect(cluster.fresh).toBe(true);
    expect(await query(cluster, "select from storage.buckets")).toHaveLength(0);
    const left = await Array.fromAsync(Deno.readDir(dir), ({ name }) => name);
    expect(left.sort()).toEqual(["data", "postgres.log"]);
  });
}

test("does not touch a database that another stack uses", async () => {
  const supervisor = startSupervisor();
  const { pid } = await supervisor.started();
  await expect(start()).rejects.toMatchObject({
    name: "ErrorWithRemedy",
    message: expect.stringContaining(`process ${supervisor.child.pid}`),
    remedy: expect.stringContaining(`kill ${supervisor.child.pid}`),
  });
  expect(await serving(pid)).toBe(true);
});

test("names a taken port before it creates anything", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const refusal = await start(port).catch((error) => error);
  expect(refusal).toBeInstanceOf(ErrorWithRemedy);
  expect(refusal.message).toContain(String(port));
  expect(refusal.remedy).toContain("--port");
  expect(await exists(join(dir, "data"))).toBe(false);
});

test("does not touch a directory with other contents", async () => {
  await Deno.mkdir(join(dir, "data"));
  await Deno.writeTextFile(join(dir, "data", "letter.txt"), "dear");
  await expect(start()).rejects.toThrow(/is no Postgres data directory/);
  expect(await Deno.readTextFile(join(dir, "data", "letter.txt"))).toBe("dear");
});

test("reports a server that does not start with the end of its log", async () => {
  const first = await start();
  await first.stop();
  await Deno.writeTextFile(join(dir, "data", "postgresql.conf"), "nonsense");
  const failure = await start().catch((error) => error);
  expect(failure).toBeInstanceOf(ErrorWithRemedy);
  expect(failure.message).toMatch(/syntax error/);
  expect(failure.remedy).toContain("postgres.log");
});
