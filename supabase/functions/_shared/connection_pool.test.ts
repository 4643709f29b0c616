import { join } from "node:path";
import process from "node:process";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { makeReachableTempDir } from "../../../scripts/platform/stack/postgres/account.ts";
import { type Cluster, type ClusterOptions, startCluster } from "../../../scripts/platform/stack/postgres/cluster.ts";
import { installPostgres } from "../../../scripts/platform/stack/postgres/install.ts";
import { connect, type Pool, type PoolSettings } from "./database.ts";
import { isDatabaseUnavailable } from "./error_answer.ts";
import { startTcpProxy, type TcpProxy } from "./testing/tcp_proxy.ts";

let options: ClusterOptions;
let cluster: Cluster;
let admin: postgres.Sql;
let proxy: TcpProxy;
beforeAll(async () => {
  const dir = await makeReachableTempDir("pool-");
  options = {
    homeDir: await installPostgres(),
    dataDir: join(dir, "data"),
    logFile: join(dir, "postgres.log"),
    port: 0,
    durable: false,
  };
  cluster = await startCluster(options);
  options = { ...options, port: cluster.port };
  admin = postgres(cluster.urlFor("supabase_admin"), {
    max: 1,
    onnotice: () => {},
  });
  await admin`create table public.written (owner text, n int)`;
  await admin`grant all on public.written to postgres`;
  proxy = await startTcpProxy(cluster.urlFor("postgres"));
});
afterAll(async () => {
  await proxy.refuse();
  await admin.end({ timeout: 1 });
  await cluster.stop();
  await Deno.remove(options.dataDir.replace(/\/data$/, ""), {
    recursive: true,
  });
});

// These events would end an isolate.
const uncaught: unknown[] = [];
const onUncaught = (error: unknown) => uncaught.push(error);
beforeEach(() => {
  uncaught.length = 0;
  process.on("uncaughtException", onUncaught);
  process.on("unhandledRejection", onUncaught);
});
afterEach(() => {
  process.off("uncaughtException", onUncaught);
  process.off("unhandledRejection", onUncaught);
  expect(uncaught).toEqual([]);
});

let name: string;
function poolOf(settings: PoolSettings = {}): Pool {
  name = `pool ${crypto.randomUUID()}`;
  const sql = connect(proxy.url, { name, ...settings });
  onTestFinished(() => sql.end({ timeout: 1 }));
  return sql;
}

async function sessions(): Promise<number> {
  const [{ count }] = await admin`
    select count(*)::int from pg_stat_activity where application_name = ${name}`;
  return count;
}

async function cutSessions(): Promise<number> {
  const rows = await admin`
    select pg_terminate_backend(pid, 1000) from pg_stat_activity where application_name = ${name}`;
  return rows.length;
}

async function written(owner = name): Promise<number> {
  const [{ count }] = await admin`
    select count(*)::int from public.written where owner = ${owner}`;
  return count;
}

async function failureOf(promise: Promise<unknown>) {
  return await promise.then(
    () => {
      throw new Error("did not fail");
    },
    (error: Error & { code?: string }) => error,
  );
}

/** Sends the query now, not when it is awaited. */
const sent = <T>(query: Promise<T>): Promise<T> => query.then((rows) => rows);

/** Waits until the latest answers are old enough that the next is not expected to be quick. */
async function atRest(sql: Pool): Promise<void> {
  await sql`select 1`;
  await pause(20);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const under = () =>
  vi.waitFor(async () => {
    const [{ count }] = await admin`
      select count(*)::int from pg_stat_activity where application_name = ${name} and state = 'active'`;
    expect(count).toBeGreaterThan(0);
  });

test("returns values as they were sent", async () => {
  const sql = poolOf();
  const texts = ['a "b"', "c\\d", "", "e,{f}", null];
  const [row] = await sql`
    select ${texts}::text[] as texts, ${[1, 2]}::int[] as ints, ${[
    "9007199254740993",
  ]}::bigint[] as bigints,
           ${["6f1d1a52-9d0b-4c4c-8f0d-0d3f7d3b5a11"]}::uuid[] as uuids, ${sql.json({ a: ["b"] })} as json,
           ${null}::text as nothing, ${sql`${1}::int + ${2}::int`} as part`;
  expect(row).toEqual({
    texts,
    ints: [1, 2],
    bigints: ["9007199254740993"],
    uuids: ["6f1d1a52-9d0b-4c4c-8f0d-0d3f7d3b5a11"],
    json: { a: ["b"] },
    nothing: null,
    part: 3,
  });
});

test("takes one round trip for a statement and three for a transaction of one", async () => {
  const sql = poolOf({ max: 1 });
  const ask = () => sql`select ${1}::int as n`;
  const inTransaction = () => sql.begin((tx) => tx`select ${1}::int as n`);
  const sendingsOf = async (run: () => Promise<unknown>) => {
    const before = proxy.sendings();
    await run();
    return proxy.sendings() - before;
  };
  await ask();
  await inTransaction();
  expect(await sendingsOf(ask)).toBe(1);
  expect(await sendingsOf(inTransaction)).toBe(3);
});

test("loses no query when sessions are cut while idle", async () => {
  const sql = poolOf({ max: 3 });
  for (let round = 0; round < 5; round++) {
    await Promise.all([1, 2, 3].map((n) => sql`select ${n}::int`));
    await sql.begin((tx) => tx`select 1`);
    expect(await cutSessions()).toBeGreaterThan(0);
    await pause(20);
  }
});

test("fails a statement whose session is cut, without sending it again, and serves the next", async () => {
  const sql = poolOf({ max: 1 });
  await atRest(sql);
  const asked = failureOf(sql`
    with slept as materialized (select pg_sleep(5) as s)
    insert into public.written select ${name}, 1 from slept`);
  await under();
  const next = sent(sql`insert into public.written values (${name}, 2)`);
  await cutSessions();
  expect(isDatabaseUnavailable(await asked)).toBe(true);
  await next;
  expect(await admin`select n from public.written where owner = ${name}`)
    .toEqual([{ n: 2 }]);
});

test("fails a transaction whose session is cut, and sends nothing more of it", async () => {
  const sql = poolOf({ max: 1 });
  const failed = await failureOf(sql.begin(async (tx) => {
    await tx`insert into public.written values (${name}, 1)`;
    await cutSessions();
    await pause(20);
    // Further statements of the transaction fail.
    await tx`insert into public.written values (${name}, 2)`.catch(() => {});
    return await tx`insert into public.written values (${name}, 3)`;
  }));
  expect(isDatabaseUnavailable(failed)).toBe(true);
  expect(await written()).toBe(0);
  expect(await sql`select 1 as n`).toEqual([{ n: 1 }]);
});

test("passes a statement's error to its caller and keeps the connection", async () => {
  const sql = poolOf({ max: 1 });
  const pid = async () => (await sql`select pg_backend_pid() as pid`)[0].pid;
  const before = await pid();
  expect((await failureOf(sql`select 1 / ${0}::int`)).code).toBe("22012");
  const failed = await failureOf(sql.begin(async (tx) => {
    await tx`insert into public.written values (${name}, 1)`;
    await tx`select 1 / 0`.catch(() => {});
  }));
  expect(failed.code).toBe("22012");
  const refused = await failureOf(sql.begin(async (tx) => {
    const late = tx`select pg_sleep(0.05)`;
    late.catch(() => {});
    await tx`insert into public.written values (${name}, 2)`;
    throw new Error("changed my mind");
  }));
  expect(refused.message).toBe("changed my mind");
  expect(await pid()).toBe(before);
  expect(await written()).toBe(0);
});

test.each([
  ["no server listens", () => proxy.refuse()],
  ["the server hangs up", () => proxy.hangUp()],
])(
  "keeps queries waiting while %s, and serves them later",
  async (_, leave) => {
    const sql = poolOf();
    await sql`select 1`;
    await leave();
    await pause(50);
    const asked = sent(sql`select 2 as n`);
    const begun = sql.begin((tx) => tx`select 3 as n`);
    await pause(700);
    await proxy.accept();
    expect(await asked).toEqual([{ n: 2 }]);
    expect(await begun).toEqual([{ n: 3 }]);
  },
);

test("fails a query after its wait when no connection can be opened", async () => {
  const sql = poolOf({ waitSeconds: 0.5 });
  await proxy.refuse();
  try {
    const startedAt = performance.now();
    const failed = await failureOf(sql`select 1`);
    expect(failed).toMatchObject({
      code: "POOL_EXHAUSTED",
      message: expect.stringContaining(
        "no connection to the database could be made within 500 ms: ",
      ),
      cause: expect.objectContaining({ code: "ECONNREFUSED" }),
    });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  } finally {
    await proxy.accept();
  }
  expect(await sql`select 1 as n`).toEqual([{ n: 1 }]);
});

test("loses only the statements in flight when Postgres restarts", async () => {
  const sql = poolOf({ max: 2, waitSeconds: 20 });
  const cut = failureOf(sql`select pg_sleep(20)`);
  await under();
  await admin.end({ timeout: 1 });
  const stopped = cluster.stop();
  expect(isDatabaseUnavailable(await cut)).toBe(true);
  const asked = Promise.all([1, 2, 3].map((n) => sql`select ${n}::int as n`));
  await stopped;
  await pause(300);
  cluster = await startCluster(options);
  admin = postgres(cluster.urlFor("supabase_admin"), {
    max: 1,
    onnotice: () => {},
  });
  expect((await asked).map(([{ n }]) => n)).toEqual([1, 2, 3]);
});

test("retries when the server has no free connection", async () => {
  await admin`alter role postgres connection limit 1`;
  onTestFinished(async () => {
    await admin`alter role postgres connection limit -1`;
  });
  // Limits do not apply to superusers.
  const [{ super: isSuper }] = await admin`
    select rolsuper as super from pg_roles where rolname = 'postgres'`;
  expect(isSuper).toBe(false);
  const first = poolOf({ max: 1 });
  const held = sent(first`select pg_sleep(0.6)`);
  await under();
  const second = poolOf({ max: 1 });
  const asked = sent(second`select 1 as n`);
  await held;
  await first.end();
  expect(await asked).toEqual([{ n: 1 }]);
});

test("fails at once when the password is wrong", async () => {
  const url = new URL(proxy.url);
  url.password = "wrong";
  const sql = connect(url.href);
  onTestFinished(() => sql.end());
  const startedAt = performance.now();
  expect((await failureOf(sql`select 1`)).code).toBe("28P01");
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test("detects a dead connection before it uses it", async () => {
  const sql = poolOf();
  await sql`select 1`;
  proxy.swallow();
  const now = performance.now.bind(performance);
  const later = vi.spyOn(performance, "now")
    .mockImplementation(() => now() + 6_000);
  onTestFinished(() => later.mockRestore());
  expect(await sql`select 1 as n`).toEqual([{ n: 1 }]);
});

test("fails a statement after the server's time-out", async () => {
  const sql = poolOf({ max: 1, statementSeconds: 0.3 });
  const failed = await failureOf(sql`select pg_sleep(5)`);
  expect(failed.code).toBe("57014");
  expect(isDatabaseUnavailable(failed)).toBe(true);
  expect(await sessions()).toBe(1);
  expect(await sql`select 1 as n`).toEqual([{ n: 1 }]);
});

test("refuses a query that waits too long while all connections are in use", async () => {
  const sql = poolOf({ max: 1, waitSeconds: 0.3 });
  await atRest(sql);
  const holding = sql`select pg_sleep(1)`.then(() => "held");
  const startedAt = performance.now();
  const refused = await failureOf(sql`select 1`);
  expect(refused).toMatchObject({
    code: "POOL_EXHAUSTED",
    message: "no connection to the database came free within 300 ms",
  });
  expect(isDatabaseUnavailable(refused)).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(800);
  expect(await holding).toBe("held");
  expect(await sql`select 2 as n`).toEqual([{ n: 2 }]);
});

test("serves begun requests first, then interactive queries", async () => {
  const sql = poolOf({ max: 1 });
  await atRest(sql);
  const holding = sent(sql`select pg_sleep(0.1)`);
  const order: string[] = [];
  const ask = (priority: "bulk" | "interactive" | "begun", n: number) =>
    sql.at(priority)`select 1`.then(() => order.push(`${priority} ${n}`));
  await Promise.all([
    ...[1, 2].map((n) => ask("bulk", n)),
    ...[1, 2].map((n) => ask("interactive", n)),
    ...[1, 2].map((n) => ask("begun", n)),
  ]);
  expect(order).toEqual([
    ...["begun 1", "begun 2", "interactive 1", "interactive 2"],
    ...["bulk 1", "bulk 2"],
  ]);
  await holding;
});

test("shares few connections among many statements, and keeps transactions exclusive", async () => {
  const sql = poolOf({ max: 2 });
  const mine = () => sql`select current_setting('pool.mine', true) as mine, pg_backend_pid() as pid`;
  const inTransaction = () =>
    sql.begin(async (tx) => {
      await tx`select set_config('pool.mine', 'yes', true)`;
      await pause(1);
      return await tx`select current_setting('pool.mine', true) as mine`;
    });
  const outside: postgres.Row[] = [];
  const inside: postgres.Row[] = [];
  await Promise.all(Array.from({ length: 40 }, async (_, n) => {
    for (let round = 0; round < 25; round++) {
      if (n % 4 === 0) inside.push((await inTransaction())[0]);
      else outside.push((await mine())[0]);
    }
  }));
  expect(new Set(inside.map(({ mine }) => mine))).toEqual(new Set(["yes"]));
  expect(outside.filter(({ mine }) => mine === "yes")).toEqual([]);
  expect(new Set(outside.map(({ pid }) => pid)).size).toBe(2);
});

test("fails in time when a slow statement delays the next", async () => {
  const sql = poolOf({ max: 1, waitSeconds: 0.3 });
  await sql`select 1`;
  const [slow, fast] = await Promise.all([
    sql`select pg_sleep(1)`.then(() => "slept"),
    failureOf(sql`select 1`),
  ]);
  expect(slow).toBe("slept");
  expect(fast.code).toBe("POOL_EXHAUSTED");
  expect(await sql`select 1 as n`).toEqual([{ n: 1 }]);
});

test("does not queue statements behind a slow one", async () => {
  const sql = poolOf({ max: 2 });
  await Promise.all([1, 2].map(() => sql`select pg_sleep(0.05)`));
  await pause(20);
  const slow = sent(sql`select pg_sleep(1)`.then(() => "slept"));
  await under();
  for (let round = 0; round < 5; round++) {
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 8 }, () => sql`select 1`));
    expect(performance.now() - startedAt).toBeLessThan(500);
  }
  expect(await slow).toBe("slept");
});

test("fails only the statement whose value is undefined", async () => {
  const sql = poolOf({ max: 1 });
  await sql`select 1`;
  const answers = await Promise.allSettled([
    sql`select ${1}::int as n`,
    sql`select ${undefined as never}::int as n`,
    sql`select ${2}::int as n`,
  ]);
  expect(answers.map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
});

test("closes idle connections", async () => {
  const sql = poolOf({ max: 2, idleSeconds: 0.2 });
  await Promise.all([1, 2].map(() => sql`select pg_sleep(0.05)`));
  expect(await sessions()).toBe(2);
  await vi.waitFor(async () => expect(await sessions()).toBe(0));
  expect(await sql`select 1 as n`).toEqual([{ n: 1 }]);
});

test("waits for statements in flight when it ends, and accepts no more", async () => {
  const sql = poolOf({ max: 1 });
  await atRest(sql);
  const asked = sql`select pg_sleep(0.2)`.then(() => "answered");
  const waiting = failureOf(sql`select 1`);
  await under();
  await sql.end();
  expect(await asked).toBe("answered");
  expect((await waiting).code).toBe("CONNECTION_CLOSED");
  expect((await failureOf(sql`select 1`)).code).toBe("CONNECTION_CLOSED");
  await vi.waitFor(async () => expect(await sessions()).toBe(0));
});

test("leaves no partial transaction after many cuts under load", async () => {
  const sql = poolOf({ max: 3 });
  const owner = name;
  let isOver = false;
  const failures: unknown[] = [];
  let done = 0;
  const ask = async (n: number) => {
    for (let round = 0; !isOver; round++) {
      const text = "x".repeat(round % 3 === 0 ? 5_000 : 10);
      try {
        await sql`select ${text}::text, ${n}::int`;
        await sql.begin(async (tx) => {
          await tx`insert into public.written values (${owner}, ${n})`;
          await Promise.all([
            tx`select pg_sleep(0.002)`,
            tx`insert into public.written values (${owner}, ${n})`,
          ]).catch(() =>
            // A statement after a failure must not run outside the transaction.
            tx`insert into public.written values (${owner}, ${n})`
          );
        });
        done++;
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const asking = Promise.all(Array.from({ length: 8 }, (_, n) => ask(n)));
  let cuts = 0;
  let most = 0;
  for (let i = 0; i < 30; i++) {
    await pause(100);
    most = Math.max(most, await sessions());
    if (i % 2) cuts += await cutSessions();
    else proxy.cut();
  }
  await pause(300);
  const failedMeanwhile = failures.length;
  await pause(500);
  isOver = true;
  await asking;

  expect(cuts).toBeGreaterThan(10);
  expect(most).toBeLessThanOrEqual(6);
  expect(failedMeanwhile).toBeGreaterThan(0);
  expect(failures.filter((error) => !isDatabaseUnavailable(error))).toEqual([]);
  expect(failures.length).toBe(failedMeanwhile);
  const kept = await written(owner);
  expect(kept % 2).toBe(0);
  expect(kept).toBeGreaterThanOrEqual(2 * done);
});

test("connects to a server that requires TLS", async () => {
  const folder = options.dataDir;
  await using restore = new AsyncDisposableStack();
  const access = `${folder}/pg_hba.conf`;
  const rules = await Deno.readTextFile(access);
  restore.defer(async () => {
    await Deno.writeTextFile(access, rules);
    await admin`alter system reset all`;
    await admin`select pg_reload_conf()`;
  });
  await makeCertificate(folder);
  await admin`alter system set ssl = on`;
  await Deno.writeTextFile(
    access,
    rules.replaceAll(/^host(?=\s.*\spostgres\s|\s+all\s+all\s)/gm, "hostssl"),
  );
  await admin`select pg_reload_conf()`;
  const pool = connect(cluster.urlFor("postgres"));
  restore.defer(() => pool.end());
  await vi.waitFor(async () => {
    const [{ ssl }] = await pool`
      select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
    expect(ssl).toBe(true);
  });
});

/** Readable only by its owner, as the server requires. */
async function makeCertificate(folder: string): Promise<void> {
  const [certificate, key] = [`${folder}/server.crt`, `${folder}/server.key`];
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"],
      ...["-subj", "/CN=database.invalid", "-keyout", key, "-out", certificate],
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { uid, gid } = await Deno.stat(folder);
  for (const file of [certificate, key]) {
    await Deno.chown(file, uid, gid);
    await Deno.chmod(file, 0o600);
  }
}
