import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Sql } from "postgres";
import { type HttpRequests, startHttpRequests } from "./http_requests.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

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
      if (pathname === "/slow") {
        await new Promise((resolve) => setTimeout(resolve, 400));
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

afterEach(() => received = []);

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

const responseTo = (id: string) =>
  until(async () =>
    (await sql`select * from net._http_response where id = ${id}`)[0]
  );

test("a sender that starts before the extension exists waits for it in silence", () => {
  expect(problems).toEqual([]);
});

test("a request is sent once its transaction has committed, not before", async () => {
  const id = await sql.begin(async (tx) => {
    const [{ id }] = await tx`
      select net.http_post(
        url := ${
      url + "/a"
    }, body := '{"n": 1}', params := '{"q": "x y&é"}', headers := '{"x-key": "k"}') as id`;
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

test("nothing is sent for a transaction that is rolled back", async () => {
  await sql.begin(async (tx) => {
    await tx`select net.http_post(${url + "/undone"})`;
    throw new Error("undone");
  }).catch((error) => expect(error.message).toBe("undone"));
  const [{ id }] = await sql`select net.http_get(${url + "/after"}) as id`;
  await responseTo(id);
  expect(received.map(({ path }) => path)).toEqual(["/after"]);
});

test("a request that takes too long is recorded as timed out", async () => {
  const [{ id }] = await sql`
    select net.http_get(${url + "/slow"}, timeout_milliseconds := 100) as id`;
  expect(await responseTo(id)).toMatchObject({
    status_code: null,
    timed_out: true,
    error_msg: "Timeout of 100 ms reached",
  });
});

test("a server that cannot be reached, or an address that is none, is recorded as an error", async () => {
  for (const bad of ["http://127.0.0.1:1/", "nonsense"]) {
    const [{ id }] = await sql`select net.http_get(${bad}) as id`;
    const response = await responseTo(id);
    expect(response).toMatchObject({ status_code: null, timed_out: false });
    expect(response.error_msg).not.toBe("");
  }
});

test("DELETE carries its body and its headers", async () => {
  const [{ id }] = await sql`
    select net.http_delete(url := ${
    url + "/d"
  }, headers := '{"x-n": 5}', body := '{"a": 1}') as id`;
  await responseTo(id);
  expect(received[0]).toMatchObject({ method: "DELETE", body: '{"a": 1}' });
  expect(received[0].headers.get("x-n")).toBe("5");
});

test("a body of another type than JSON is refused", async () => {
  await expect(
    sql`select net.http_post(${url}, headers := '{"content-type": "text/plain"}')`,
  )
    .rejects.toThrow('Content-Type header must be "application/json"');
});

test("hundreds of requests are each sent once, though two senders work", async () => {
  const second = await startHttpRequests(
    database.cluster.urlFor("supabase_admin"),
    (error) => problems.push(error),
  );
  try {
    await sql`select net.http_post(${
      url + "/n/"
    } || n) from generate_series(1, 450) n`;
    await until(async () =>
      (await sql`select count(*)::int from net._http_response r where r.content = 'seen' and r.created > now() - interval '1 minute'`)[
        0
      ].count >= 450
    );
    const paths = received.map(({ path }) => path);
    expect(new Set(paths).size).toBe(450);
    expect(paths).toHaveLength(450);
  } finally {
    await second.stop();
  }
});

test("requests queued while the sender's connections were cut are sent once it is back", async () => {
  const admin = database.connect("supabase_admin");
  await admin`
    select pg_terminate_backend(pid) from pg_stat_activity
    where usename = 'supabase_admin' and backend_type = 'client backend' and pid <> pg_backend_pid()`;
  const [{ id }] = await sql`select net.http_get(${url + "/back"}) as id`;
  await responseTo(id);
  expect(received.map(({ path }) => path)).toEqual(["/back"]);
});
