import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Sql } from "postgres";
import { type HttpRequests, startHttpRequests } from "./http_requests.ts";
import { startTestCluster, type TestCluster } from "./testing/test_cluster.ts";

interface Received {
  method: string;
  path: string;
  headers: Headers;
  body: string;
}

let database: TestCluster;
let sql: Sql;
let sender: HttpRequests;
let server: Deno.HttpServer<Deno.NetAddr>;
let url: string;
let received: Received[] = [];
const problems: unknown[] = [];
/** Answers what hangs. */
let hanging = Promise.withResolvers<void>();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      received.push({
        method: request.method,
        path: pathname + search,
        headers: request.headers,
        body: await request.text(),
      });
      if (pathname === "/slow") await pause(400);
      if (pathname === "/hangs") {
        await Promise.race([hanging.promise, pause(20_000)]);
      }
      return new Response("seen", { status: 201, headers: { "x-a": "b" } });
    },
  );
  url = `http://127.0.0.1:${server.addr.port}`;
  database = await startTestCluster();
  sql = database.connect();
  // The sender starts with the stack, before any migration created the extension.
  sender = await startHttpRequests(
    database.cluster.urlFor("supabase_admin"),
    (error) => problems.push(error),
  );
  await sql`create extension pg_net with schema extensions`;
}, 60_000);

afterEach(() => {
  received = [];
  hanging.resolve();
  hanging = Promise.withResolvers();
});

afterAll(async () => {
  await sender?.stop();
  await database?.close();
  await server?.shutdown();
});

async function until<T>(
  ask: () => Promise<T> | T,
  within = 30_000,
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not so within ${within} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const responseTo = (id: string) => until(async () => (await sql`select * from net._http_response where id = ${id}`)[0]);

test("waits without errors when the extension does not exist yet", () => {
  expect(problems).toEqual([]);
});

test("sends a request after its transaction has committed, not before", async () => {
  const id = await sql.begin(async (tx) => {
    const [{ id }] = await tx`
      select net.http_post(
        url := ${url + "/a"}, body := '{"n": 1}', params := '{"q": "x y&é"}', headers := '{"x-key": "k"}') as id`;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(received).toEqual([]);
    return id;
  });
  expect(await responseTo(id)).toMatchObject({
    status_code: 201,
    content: "seen",
    timed_out: false,
    error_msg: null,
    headers: { "x-a": "b" },
  });
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({
    method: "POST",
    path: "/a?q=x%20y%26%C3%A9",
    body: '{"n": 1}',
  });
  expect(received[0].headers.get("content-type")).toBe("application/json");
  expect(received[0].headers.get("x-key")).toBe("k");
  expect(await sql`select from net.http_request_queue`).toHaveLength(0);
});

test("sends nothing when the transaction is rolled back", async () => {
  await sql.begin(async (tx) => {
    await tx`select net.http_post(${url + "/undone"})`;
    throw new Error("undone");
  }).catch((error) => expect(error.message).toBe("undone"));
  const [{ id }] = await sql`select net.http_get(${url + "/after"}) as id`;
  await responseTo(id);
  expect(received.map(({ path }) => path)).toEqual(["/after"]);
});

test("records a request that takes too long as timed out", async () => {
  const [{ id }] = await sql`
    select net.http_get(${url + "/slow"}, timeout_milliseconds := 100) as id`;
  expect(await responseTo(id)).toMatchObject({
    status_code: null,
    timed_out: true,
    error_msg: "Timeout of 100 ms reached",
  });
});

test("records an unreachable server and an invalid address as errors", async () => {
  for (const bad of ["http://127.0.0.1:1/", "nonsense"]) {
    const [{ id }] = await sql`select net.http_get(${bad}) as id`;
    const response = await responseTo(id);
    expect(response).toMatchObject({ status_code: null, timed_out: false });
    expect(response.error_msg).not.toBe("");
  }
});

test("sends the body and the headers of a DELETE", async () => {
  const [{ id }] = await sql`
    select net.http_delete(url := ${url + "/d"}, headers := '{"x-n": 5}', body := '{"a": 1}') as id`;
  await responseTo(id);
  expect(received[0]).toMatchObject({ method: "DELETE", body: '{"a": 1}' });
  expect(received[0].headers.get("x-n")).toBe("5");
});

test("refuses a body that is not JSON", async () => {
  await expect(
    sql`select net.http_post(${url}, headers := '{"content-type": "text/plain"}')`,
  )
    .rejects.toThrow('Content-Type header must be "application/json"');
});

test("sends each of hundreds of requests once, in batches of 200", async () => {
  const [{ first }] = await sql`
    select min(net.http_post(${url + "/n/"} || n)) as first from generate_series(1, 450) n`;
  const of = () => sql`select id from net._http_response where id >= ${first} order by id`;
  await until(async () => (await of()).length === 450);
  const paths = received.map(({ path }) => path);
  expect(new Set(paths).size).toBe(450);
  expect(paths).toHaveLength(450);
  // Of a batch all answers become visible at once.
  const transactions = await sql`
    select count(*)::int from net._http_response where id >= ${first} group by xmin::text order by 1`;
  expect(transactions.map(({ count }) => count)).toEqual([50, 200, 200]);
});

test("keeps later requests queued while a request hangs", async () => {
  const [{ id: hangs }] = await sql`
    select net.http_get(${url + "/hangs"}, timeout_milliseconds := 500) as id`;
  await until(() => received.length === 1);
  const startedAt = performance.now();
  const [{ id }] = await sql`select net.http_get(${url + "/behind"}) as id`;
  await pause(150);
  expect(received.map(({ path }) => path)).toEqual(["/hangs"]);
  expect(await sql`select id from net.http_request_queue order by id`)
    .toEqual([{ id: hangs }, { id }]);
  await responseTo(id);
  expect(performance.now() - startedAt).toBeGreaterThan(300);
  expect((await responseTo(hangs)).timed_out).toBe(true);
});

test("sends a batch again when its sender ends in the middle", async () => {
  await sql`select net.http_get(${url + "/hangs"})`;
  await until(() => received.length === 1);
  await sender.stop();
  expect(await sql`select from net.http_request_queue`).toHaveLength(1);
  sender = await startHttpRequests(
    database.cluster.urlFor("supabase_admin"),
    (error) => problems.push(error),
  );
  await until(() => received.length === 2);
  expect(received.map(({ path }) => path)).toEqual(["/hangs", "/hangs"]);
});

test("grants every role all rights on the queue, as upstream does", async () => {
  await sql`create role stranger`;
  await sql`grant stranger to current_user with set true`;
  try {
    await sql.begin(async (tx) => {
      await tx`set local role stranger`;
      await tx`insert into net.http_request_queue (method, url, timeout_milliseconds) values ('GET', 'x', 1)`;
      expect(await tx`delete from net.http_request_queue returning url`)
        .toEqual([{ url: "x" }]);
      await tx`select from net._http_response`;
    });
  } finally {
    await sql`drop role stranger`;
  }
});

test("sends requests that were queued while its connections were cut", async () => {
  const admin = database.connect("supabase_admin");
  await admin`
    select pg_terminate_backend(pid) from pg_stat_activity
    where usename = 'supabase_admin' and backend_type = 'client backend' and pid <> pg_backend_pid()`;
  const [{ id }] = await sql`select net.http_get(${url + "/back"}) as id`;
  await responseTo(id);
  expect(received.map(({ path }) => path)).toEqual(["/back"]);
});
