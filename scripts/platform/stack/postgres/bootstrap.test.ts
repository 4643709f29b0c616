import { afterAll, beforeAll, expect, test } from "vitest";
import postgres from "postgres";
import { prepareAuthTables } from "./auth_tables.ts";
import { LOGIN_ROLES } from "./roles.ts";
import { startTestCluster, type TestCluster } from "./testing/test_cluster.ts";

let database: TestCluster;
let sql: postgres.Sql;

beforeAll(async () => {
  database = await startTestCluster([
    "vector with schema extensions",
    "pg_cron with schema pg_catalog",
    "plpgsql_check with schema extensions",
  ]);
  sql = database.connect();
}, 60_000);

afterAll(() => database?.close());

test("lets roles log in only with their password", async () => {
  for (const role of LOGIN_ROLES) {
    const url = database.cluster.urlFor(role);
    const [{ name }] = await database.connect(
      role,
    )`select current_user as name`;
    expect(name).toBe(role);
    for (const wrong of [`${role}:wrong@`, `${role}@`]) {
      const refused = postgres(url.replace(/\/\/.*@/, `//${wrong}`), {
        max: 1,
      });
      await expect(refused`select 1`).rejects.toThrow(/password|28P01/);
      await refused.end();
    }
  }
});

test("makes only supabase_admin a superuser, which postgres cannot become", async () => {
  const superusers = await sql`select rolname from pg_roles where rolsuper and rolcanlogin`;
  expect([...superusers]).toEqual([{ rolname: "supabase_admin" }]);
  await expect(sql`alter role postgres superuser`).rejects.toThrow(
    /permission denied/,
  );
  await expect(sql`set role supabase_storage_admin`).rejects.toThrow(
    /permission denied/,
  );
});

test("lets postgres add policies and triggers to storage's tables, and own nothing there", async () => {
  await sql`create policy "own files" on storage.objects for select to authenticated using (owner_id = auth.uid()::text)`;
  await sql`alter policy "own files" on storage.objects rename to "their files"`;
  await sql`drop policy "their files" on storage.objects`;
  await sql`create function public.seen() returns trigger language plpgsql as 'begin return new; end'`;
  await sql`create trigger seen after insert on storage.objects for each row execute function public.seen()`;
  await sql`drop trigger seen on storage.objects`;

  for (
    const command of [
      "create table storage.mine (id int)",
      "create function storage.mine() returns int language sql as 'select 1'",
      "create index mine on storage.objects (version)",
      "alter table storage.objects disable row level security",
      "drop table storage.objects",
      "create table auth.mine (id int)",
    ]
  ) {
    await expect(sql.unsafe(command), command).rejects.toThrow(
      /permission denied|must be owner/,
    );
  }
});

test("takes the lent ownership back from postgres when a policy fails", async () => {
  await expect(sql`create policy broken on storage.objects using (nosuch)`)
    .rejects.toThrow(/nosuch/);
  await expect(sql`drop table storage.objects`).rejects.toThrow(
    /must be owner/,
  );
});

test("hides files without a policy, and refuses to delete them by SQL", async () => {
  await sql`insert into storage.buckets (id, name) values ('b', 'b')`;
  await sql`insert into storage.objects (bucket_id, name) values ('b', 'user/1/a.pdf')`;
  const seen = await sql.begin(async (tx) => {
    await tx`set local role authenticated`;
    return await tx`select from storage.objects`;
  });
  expect(seen).toHaveLength(0);
  const [parts] = await sql`
    select storage.foldername(name) folder, storage.filename(name) file, storage.extension(name) extension, path_tokens
    from storage.objects`;
  expect(parts).toEqual({
    folder: ["user", "1"],
    file: "a.pdf",
    extension: "pdf",
    path_tokens: ["user", "1", "a.pdf"],
  });
  await expect(sql`delete from storage.objects`).rejects.toThrow(
    "Direct deletion from storage tables is not allowed",
  );
  const storage = database.connect("supabase_storage_admin");
  await storage`alter table storage.objects disable row level security`;
  expect((await storage`delete from storage.objects`).count).toBe(1);
  await storage`alter table storage.objects enable row level security`;
});

test("lets postgres decide by policies who reads realtime's messages, and own nothing there", async () => {
  const topic = `user:${crypto.randomUUID()}`;
  await sql`select realtime.send('{"n": 1}', 'event', ${topic})`;
  const [message] = await sql`
    select payload - 'id' as payload, payload ? 'id' as has_id, event, private, extension from realtime.messages
    where topic = ${topic}`;
  expect(message).toEqual({
    payload: { n: 1 },
    has_id: true,
    event: "event",
    private: true,
    extension: "broadcast",
  });

  const seen = () =>
    sql.begin(async (tx) => {
      await tx`select set_config('realtime.topic', ${topic}, true)`;
      await tx`set local role authenticated`;
      return (await tx`select from realtime.messages`).length;
    });
  expect(await seen()).toBe(0);
  await sql`create policy "by topic" on realtime.messages for select to authenticated using (topic = realtime.topic())`;
  expect(await seen()).toBe(1);
  await sql`drop policy "by topic" on realtime.messages`;

  for (
    const command of [
      "alter table realtime.messages disable row level security",
      "create table realtime.mine (id int)",
      "drop table realtime.messages",
      "select platform_emulation.keep_message_partitions()",
    ]
  ) {
    await expect(sql.unsafe(command), command).rejects.toThrow(
      /permission denied|must be owner/,
    );
  }
  expect((await sql`delete from realtime.messages where topic = ${topic}`).count).toBe(1);
});

test("loses a message for a day without a partition, with a warning, and not the transaction", async () => {
  const admin = database.connect("supabase_admin");
  const warnings: string[] = [];
  const sender = postgres(database.cluster.urlFor("postgres"), {
    max: 1,
    onnotice: ({ message }) => warnings.push(message),
  });
  await admin.unsafe(`
    do $$
    declare v_partition text;
    begin
      for v_partition in
        select inhrelid::regclass::text from pg_catalog.pg_inherits where inhparent = 'realtime.messages'::regclass
      loop
        execute 'drop table ' || v_partition;
      end loop;
    end $$`);
  await sender`select realtime.send('{}', 'event', 'topic')`;
  await sender.end();
  expect(warnings.join()).toContain("no partition of relation");

  await admin`select platform_emulation.keep_message_partitions()`;
  const days = await admin`
    select to_date(right(inhrelid::regclass::text, 10), 'YYYY_MM_DD') - current_date as day
    from pg_catalog.pg_inherits where inhparent = 'realtime.messages'::regclass order by 1`;
  expect(days.map(({ day }) => day)).toEqual([-1, 0, 1, 2, 3]);
});

test("lets postgres reference Auth's tables, and asks Auth only until they exist", async () => {
  let asked = 0;
  const createTables = async () => {
    asked++;
    if (asked === 1) throw new Error("killed half-way");
    const auth = database.connect("supabase_auth_admin");
    await auth`create table auth.users (id uuid primary key)`;
    await auth`create schema supabase_migrations`;
  };
  const admin = database.cluster.urlFor("supabase_admin");
  await expect(prepareAuthTables(admin, createTables)).rejects.toThrow(
    "killed half-way",
  );
  await prepareAuthTables(admin, createTables);
  await prepareAuthTables(admin, createTables);
  expect(asked).toBe(2);

  await sql`create table public.profiles (id uuid references auth.users (id) on delete cascade)`;
  await sql`insert into auth.users values (gen_random_uuid())`;
  await sql`create schema supabase_migrations`;
});

test("takes an API role's identity from the request's claims", async () => {
  const id = crypto.randomUUID();
  const claims = { sub: id, role: "authenticated", email: "a@example.com" };
  const [row] = await sql.begin(async (tx) => {
    await tx`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
    return await tx`select auth.uid(), auth.role(), auth.email(), auth.jwt()`;
  });
  expect(row).toEqual({
    uid: id,
    role: "authenticated",
    email: "a@example.com",
    jwt: claims,
  });
});

test("searches vectors through an index", async () => {
  await sql`create table public.points (id int, at extensions.vector(3))`;
  await sql`create index on public.points using hnsw (at extensions.vector_cosine_ops)`;
  await sql`insert into public.points values (1, '[1,0,0]'), (2, '[0,1,0]')`;
  const [nearest] = await sql`
    select id from public.points order by at operator(extensions.<=>) '[0.9,0.1,0]' limit 1`;
  expect(nearest.id).toBe(1);
});

test("runs a cron job of postgres every second, with its rights", async () => {
  await sql`create table public.ticks (who text)`;
  await sql`select cron.schedule('tick', '1 second', 'insert into public.ticks values (current_user)')`;
  await expect.poll(async () => (await sql`select who from public.ticks`)[0])
    .toEqual({ who: "postgres" });
  await sql`select cron.unschedule('tick')`;
});

test("stores Vault's secrets encrypted and shows them to roles with the right", async () => {
  const [{ id }] = await sql`select vault.create_secret('first', 'name', 'what it is for') as id`;
  await sql`select vault.create_secret('other', 'second')`;
  const secret = async () =>
    (await sql`select name, description, secret, decrypted_secret from vault.decrypted_secrets where id = ${id}`)[
      0
    ];
  const created = await secret();
  expect(created).toMatchObject({
    name: "name",
    description: "what it is for",
    decrypted_secret: "first",
  });
  expect(created.secret).not.toContain("first");

  await sql`select vault.update_secret(${id}, new_description := 'changed')`;
  expect(await secret()).toMatchObject({
    decrypted_secret: "first",
    description: "changed",
  });
  await sql`select vault.update_secret(${id}, 'second value')`;
  expect(await secret()).toMatchObject({
    decrypted_secret: "second value",
    name: "name",
  });

  await expect(sql`select vault.create_secret('x', 'name')`).rejects.toThrow(
    /duplicate key/,
  );
  for (const role of ["anon", "authenticated", "service_role"]) {
    await expect(
      sql.begin(async (tx) => {
        await tx.unsafe(`set local role ${role}`);
        await tx`select * from vault.local_key`;
      }),
      role,
    ).rejects.toThrow(/permission denied/);
  }
  await expect(sql.begin(async (tx) => {
    await tx`set local role authenticated`;
    await tx`select * from vault.decrypted_secrets`;
  })).rejects.toThrow(/permission denied/);
});
