import { afterAll, beforeAll, expect, test } from "vitest";
import type { Sql } from "postgres";
import { startTestCluster, type TestCluster } from "./testing/test_cluster.ts";

let database: TestCluster;
let sql: Sql;

beforeAll(async () => {
  database = await startTestCluster(["pgmq"]);
  sql = database.connect();
}, 60_000);

afterAll(() => database?.close());

/** A queue that only this test uses, with these messages in it. */
async function queueWith(name: string, ...messages: { n: number }[]) {
  await sql`select pgmq.create(${name})`;
  for (const message of messages) {
    await sql`select pgmq.send(${name}, ${sql.json(message)})`;
  }
  return name;
}

const read = (queue: string, vt: number, qty: number) => sql`select * from pgmq.read(${queue}, ${vt}, ${qty})`;

test("belongs to the role that created it, which is no superuser", async () => {
  const foreign = await sql`
    select oid::regclass::text from pg_class
    where relnamespace = 'pgmq'::regnamespace and relowner <> 'postgres'::regrole
    union all
    select oid::regprocedure::text from pg_proc
    where pronamespace = 'pgmq'::regnamespace and proowner <> 'postgres'::regrole`;
  expect([...foreign]).toEqual([]);
  await sql`grant execute on all functions in schema pgmq to service_role`;
});

test("hides a message for vt seconds when it is read, and counts the read", async () => {
  const queue = await queueWith("lease", { n: 1 }, { n: 2 }, { n: 3 });

  const before = Date.now();
  const first = await read(queue, 30, 2);
  expect(first.map((row) => [row.msg_id, row.read_ct, row.message.n])).toEqual([
    ["1", 1, 1],
    ["2", 1, 2],
  ]);
  expect(Object.keys(first[0])).toEqual([
    "msg_id",
    "read_ct",
    "enqueued_at",
    "vt",
    "message",
    "headers",
  ]);
  const due = first[0].vt.getTime() - 30_000;
  expect(due).toBeGreaterThanOrEqual(before);
  expect(due).toBeLessThanOrEqual(Date.now());

  expect((await read(queue, 0, 5)).map((row) => row.msg_id)).toEqual(["3"]);
  const again = await read(queue, 30, 5);
  expect(again.map((row) => [row.msg_id, row.read_ct])).toEqual([["3", 2]]);
});

test("fences a message by msg_id and read_ct: a lost lease deletes nothing", async () => {
  const queue = await queueWith("fence", { n: 1 });
  const [stale] = await read(queue, 0, 1);
  const [current] = await read(queue, 30, 1);
  const take = (lease: typeof stale) =>
    sql`delete from pgmq.q_fence where msg_id = ${lease.msg_id} and read_ct = ${lease.read_ct} returning msg_id`;
  expect((await take(stale)).count).toBe(0);
  expect((await take(current)).count).toBe(1);
});

test("gives concurrent readers different messages without waiting", async () => {
  const queue = await queueWith("rivals", { n: 1 }, { n: 2 });
  await sql.begin(async (slow) => {
    const mine = await slow`select msg_id from pgmq.read(${queue}, 30, 1)`;
    const theirs = await read(queue, 30, 5);
    expect([...mine, ...theirs].map((row) => row.msg_id)).toEqual(["1", "2"]);
  });

  await sql`select pgmq.create('crowd')`;
  await sql`select pgmq.send_batch('crowd', array(select '{}'::jsonb from generate_series(1, 60)))`;
  const reads = await Promise.all(
    Array.from({ length: 12 }, () => read("crowd", 30, 10)),
  );
  const taken = reads.flat().map((row) => row.msg_id);
  expect(taken).toHaveLength(60);
  expect(new Set(taken).size).toBe(60);
});

test("leaves the message unchanged when a read is rolled back", async () => {
  const queue = await queueWith("undone", { n: 1 });
  await sql.begin(async (tx) => {
    await tx`select * from pgmq.read(${queue}, 30, 1)`;
    throw new Error("the worker fails");
  }).catch((error) => expect(error.message).toBe("the worker fails"));
  expect((await read(queue, 30, 1)).map((row) => row.read_ct)).toEqual([1]);
});

test("hides a message for a delay in seconds or until a time", async () => {
  await sql`select pgmq.create('later')`;
  await sql`select pgmq.send('later', '{"n": 1}', 60)`;
  await sql`select pgmq.send('later', '{"n": 2}', now() + interval '1 hour')`;
  await sql`select pgmq.send('later', '{"n": 3}', '{"h": 1}'::jsonb, 0)`;
  await sql`select pgmq.send('later', '{"n": 4}', now() - interval '1 hour')`;
  await sql`select pgmq.send(queue_name => 'later', msg => '{"n": 5}', headers => '{}', delay => 60)`;
  const due = await read("later", 30, 10);
  expect(due.map((row) => row.message.n)).toEqual([3, 4]);
  expect(due[0].headers).toEqual({ h: 1 });
  expect(due[1].headers).toBeNull();
});

test("keeps the order and the headers of a batch", async () => {
  await sql`select pgmq.create('batch')`;
  const ids = await sql`
    select * from pgmq.send_batch('batch', array['{"n": 1}', '{"n": 2}']::jsonb[], array['{"h": 1}', null]::jsonb[])`;
  expect(ids.map((row) => row.send_batch)).toEqual(["1", "2"]);
  const rows = await read("batch", 0, 10);
  expect(rows.map((row) => [row.message.n, row.headers])).toEqual([
    [1, { h: 1 }],
    [2, null],
  ]);
  await sql`select pgmq.send_batch('batch', array['{"n": 3}']::jsonb[], 60)`;
  await sql`select pgmq.send_batch('batch', array['{"n": 4}']::jsonb[], now() + interval '1 hour')`;
  expect(await read("batch", 0, 10)).toHaveLength(2);
  await expect(sql`select pgmq.send_batch('batch', array[]::jsonb[])`).rejects
    .toThrow("msgs cannot be null or empty");
  await expect(
    sql`select pgmq.send_batch('batch', array['{}', '{}']::jsonb[], array['{}']::jsonb[])`,
  )
    .rejects.toThrow("msgs and headers arrays must have the same length");
});

test("reads only messages that contain the condition", async () => {
  const queue = await queueWith("choosy", { n: 1 }, { n: 2 });
  const rows = await sql`
    select * from pgmq.read(queue_name => ${queue}, vt => 30, qty => 5, conditional => '{"n": 2}')`;
  expect(rows.map((row) => row.message.n)).toEqual([2]);
});

test("archives or deletes a message, and returns whether it existed", async () => {
  const queue = await queueWith("ends", { n: 1 }, { n: 2 }, { n: 3 }, { n: 4 });
  await read(queue, 30, 1);
  expect(await sql`select pgmq.archive(${queue}, 1), pgmq.delete(${queue}, 2)`)
    .toMatchObject([{ archive: true, delete: true }]);
  expect(
    await sql`select pgmq.archive(${queue}, 99), pgmq.delete(${queue}, 99)`,
  )
    .toMatchObject([{ archive: false, delete: false }]);
  expect([...await sql`select * from pgmq.archive(${queue}, array[3, 99])`])
    .toEqual([{ archive: "3" }]);
  expect([...await sql`select * from pgmq.delete(${queue}, array[4, 99])`])
    .toEqual([{ delete: "4" }]);
  const archived = await sql`
    select msg_id, read_ct, message, archived_at <= clock_timestamp() as past from pgmq.a_ends order by 1`;
  expect([...archived]).toEqual([
    { msg_id: "1", read_ct: 1, message: { n: 1 }, past: true },
    { msg_id: "3", read_ct: 0, message: { n: 3 }, past: true },
  ]);
  expect(await sql`select from pgmq.q_ends`).toHaveLength(0);
});

test("changes a message's visibility by set_vt without counting a read", async () => {
  const queue = await queueWith("patient", { n: 1 });
  await read(queue, 60, 1);
  expect(await sql`select * from pgmq.set_vt(${queue}, 1, 0)`)
    .toMatchObject([{ msg_id: "1", read_ct: 1, message: { n: 1 } }]);
  expect(await read(queue, 0, 1)).toMatchObject([{ read_ct: 2 }]);
  await sql`select pgmq.set_vt(queue_name => ${queue}, msg_id => 1, vt => 60)`;
  expect(await read(queue, 0, 1)).toHaveLength(0);
  expect(await sql`select * from pgmq.set_vt(${queue}, 99, 0)`).toHaveLength(0);
});

test("removes the oldest message by pop", async () => {
  const queue = await queueWith("popped", { n: 1 }, { n: 2 });
  expect(await sql`select * from pgmq.pop(${queue})`).toMatchObject([
    { msg_id: "1", message: { n: 1 } },
  ]);
  expect(await sql`select from pgmq.q_popped`).toHaveLength(1);
});

test("waits in read_with_poll for a message that comes while it polls", async () => {
  await sql`select pgmq.create('polled')`;
  const polling = sql`
    select * from pgmq.read_with_poll('polled', 30, 1, max_poll_seconds => 5, poll_interval_ms => 20)`
    .execute();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await sql`select pgmq.send('polled', '{"n": 1}')`;
  expect(await polling).toMatchObject([{ msg_id: "1" }]);
  expect(await sql`select * from pgmq.read_with_poll('polled', 30, 1, 0, 20)`)
    .toHaveLength(0);
});

test("counts waiting, visible and all messages in metrics", async () => {
  const queue = await queueWith("measured", { n: 1 }, { n: 2 }, { n: 3 });
  await sql`select pgmq.delete(${queue}, 1)`;
  await read(queue, 60, 1);
  expect(await sql`select * from pgmq.metrics(${queue})`).toMatchObject([{
    queue_name: "measured",
    queue_length: "2",
    newest_msg_age_sec: 0,
    oldest_msg_age_sec: 0,
    total_messages: "3",
    queue_visible_length: "1",
  }]);
  const [{ count }] = await sql`select count(*)::int from pgmq.metrics_all() where queue_name = ${queue}`;
  expect(count).toBe(1);
});

test("lists, purges and drops queues; creating one again changes nothing", async () => {
  const queue = await queueWith("Brief", { n: 1 }, { n: 2 });
  await sql`select pgmq.create(${queue})`;
  await sql`select pgmq.create_unlogged('scratch')`;
  const listed = await sql`
    select queue_name, is_partitioned, is_unlogged from pgmq.list_queues() where queue_name in ('Brief', 'scratch')
    order by 1`;
  expect([...listed]).toEqual([
    { queue_name: "Brief", is_partitioned: false, is_unlogged: false },
    { queue_name: "scratch", is_partitioned: false, is_unlogged: true },
  ]);
  expect(await sql`select to_regclass('pgmq.q_brief') is not null as lowered`)
    .toMatchObject([{ lowered: true }]);
  expect(await sql`select pgmq.purge_queue(${queue})`).toMatchObject([
    { purge_queue: "2" },
  ]);
  expect(await sql`select pgmq.drop_queue(${queue})`)
    .toMatchObject([{ drop_queue: true }]);
  expect(await sql`select to_regclass('pgmq.q_brief') as gone`).toMatchObject([{
    gone: null,
  }]);
});

test("makes a queue's tables and its sequence members of the extension", async () => {
  await queueWith("member", { n: 1 });
  await sql`select pgmq.create('member')`;
  const members = await sql`
    select c.relname from pg_depend d join pg_class c on c.oid = d.objid
    where d.classid = 'pg_class'::regclass and d.deptype = 'e'
      and d.refobjid = (select oid from pg_extension where extname = 'pgmq') and c.relname like '%member%'
    order by 1`;
  expect(members.map((row) => row.relname))
    .toEqual(["a_member", "q_member", "q_member_msg_id_seq"]);
  await expect(sql`drop table pgmq.q_member`).rejects.toThrow(
    "cannot drop table pgmq.q_member because extension pgmq requires it",
  );
  // A queue that there is not is an error to pgmq, before it gets to answering.
  await expect(sql`select pgmq.drop_queue('nosuch')`).rejects.toThrow(
    'relation "pgmq.q_nosuch" does not exist',
  );
  // What is detached stays when the rest goes.
  await sql`select pgmq.detach_archive('member')`;
  await sql.begin(async (tx) => {
    await tx`drop extension pgmq`;
    const left = await tx`
      select relname from pg_class where relnamespace = 'pgmq'::regnamespace and relkind = 'r'`;
    expect(left.map((row) => row.relname)).toEqual(["a_member"]);
    throw new Error("back again");
  }).catch((error) => expect(error.message).toBe("back again"));
});

test("refuses bad names of queues", async () => {
  for (const name of ["a;b", "a$b", "a--b", "a'b"]) {
    await expect(sql`select pgmq.create(${name})`).rejects.toThrow(
      "queue name contains invalid characters",
    );
  }
  await sql`select pgmq.create(${"x".repeat(47)})`;
  await expect(sql`select pgmq.create(${"x".repeat(48)})`).rejects.toThrow(
    "queue name is too long, maximum length is 47 characters",
  );
  await expect(sql`select pgmq.send('nosuch', '{}')`).rejects.toThrow(
    'relation "pgmq.q_nosuch" does not exist',
  );
});

test("reads in the order of visibility through the queue's index", async () => {
  const [{ indexdef }] = await sql`select indexdef from pg_indexes where indexname = 'q_lease_vt_idx'`;
  expect(indexdef).toMatch(/\(vt\)$/);
});
