import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createPipelineClient } from "../../../client/src/index.ts";
import { REPOSITORY } from "../../../scripts/dev/repository.ts";
import { changeProject } from "../../../scripts/ops/existing_project/change_project.ts";
import type { ProjectCommandName, ProjectCommandOptions } from "../../../scripts/ops/existing_project/commands.ts";
import { readRelease } from "../../../scripts/ops/existing_project/pipeline_release.ts";
import { readFiles, SHOP, writeFiles } from "../../../scripts/ops/existing_project/testing/synthetic_project.ts";
import { makeReachableTempDir } from "../../../scripts/platform/stack/postgres/account.ts";
import { applyMigrations } from "../../../scripts/platform/stack/postgres/migrations.ts";
import { type Stack, startStack } from "../../../scripts/platform/stack/stack.ts";
import { newPdf, PASSWORD, stack as simulators } from "./harness.ts";

/** A shop with a database of its own, to which the pipeline is added and from which it is removed again. */
let folder: string;
let stack: Stack;
/** What the shop's database had before. */
let before: string[];

beforeAll(async () => {
  folder = await makeReachableTempDir("existing-project-");
  await writeFiles(`${folder}/shop`, SHOP);
  await start();
  before = await objectsIn(stack.databaseUrl);
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  await Deno.remove(folder, { recursive: true });
});

/** Starts the stack on the shop's folder, as `npm run stack -- --project` does. */
async function start(): Promise<void> {
  await stack?.stop();
  stack = await startStack({
    stateDir: `${folder}/state`,
    projectDir: `${folder}/shop`,
    servesAsDeclared: true,
    port: 0,
    databasePort: 0,
    durable: false,
    functionEnv: {
      LLAMAPARSE_API_KEY: simulators.providerKeys.llamaparse,
      LLAMAPARSE_API_URL: simulators.llamaparseUrl,
      OPENAI_API_KEY: simulators.providerKeys.openai,
      OPENAI_API_URL: `${simulators.openaiUrl}/v1`,
    },
  });
}

async function run(command: ProjectCommandName, options: ProjectCommandOptions = {}) {
  const printed: string[] = [];
  const sql = connect();
  try {
    const exitCode = await changeProject({
      command,
      path: `${folder}/shop`,
      options,
      release: await readRelease(REPOSITORY),
      repository: REPOSITORY,
      cwd: folder,
      sql,
      print: (line) => printed.push(line),
    });
    return { exitCode, output: printed.join("\n") };
  } finally {
    await sql.end();
  }
}

const connect = () => postgres(stack.databaseUrl, { max: 1, onnotice() {} });

async function newUser(): Promise<SupabaseClient> {
  const client = createClient(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const email = `${crypto.randomUUID()}@example.test`;
  const { error } = await client.auth.signUp({ email, password: PASSWORD });
  if (error) throw error;
  return client;
}

const OF_EXTENSIONS =
  /^(schema (pgmq|cron|net)|(policy|trigger) \w+ on (cron|net)\.\w+|relation (net\.http_\w+|pgmq\.(message_record|metrics_result|queue_record)))$/;

/** Everything of a database that belongs to no extension, as sentences. */
async function objectsIn(databaseUrl: string): Promise<string[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice() {} });
  try {
    const rows = await sql<{ object: string }[]>`
      with own as (
        select 'schema ' || nspname as object from pg_namespace n
        where nspname !~ '^pg_' and not exists (
          select from pg_depend where classid = 'pg_namespace'::regclass and objid = n.oid and deptype = 'e')
        union all
        select 'relation ' || oid::regclass from pg_class c
        where relkind in ('r', 'v', 'm', 'S', 'p', 'c') and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
          and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
        union all
        select 'function ' || oid::regprocedure from pg_proc p
        where pronamespace::regnamespace::text !~ '^(pg_catalog|information_schema)' and not exists (
          select from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
        union all select 'policy ' || polname || ' on ' || polrelid::regclass from pg_policy
        union all select 'trigger ' || tgname || ' on ' || tgrelid::regclass from pg_trigger where not tgisinternal
        union all select 'role ' || rolname from pg_roles where rolname !~ '^pg_'
        union all select 'event trigger ' || evtname from pg_event_trigger e
        where not exists (
          select from pg_depend where classid = 'pg_event_trigger'::regclass and objid = e.oid and deptype = 'e')
        union all select 'publication ' || pubname from pg_publication
        union all select 'bucket ' || id from storage.buckets
        union all select 'default rights ' || defaclrole::regrole || ' ' || defaclnamespace::regnamespace || ' ' || defaclacl::text
        from pg_default_acl)
      select object from own order by 1`;
    const [{ cron, pgmq }] =
      await sql`select to_regclass('cron.job') is not null as cron, to_regclass('pgmq.meta') is not null as pgmq`;
    return [
      ...rows.map(({ object }) => object),
      ...cron ? (await sql`select jobname from cron.job order by 1`).map(({ jobname }) => `cron job ${jobname}`) : [],
      ...pgmq
        ? (await sql`select queue_name from pgmq.meta order by 1`).map(({ queue_name }) => `queue ${queue_name}`)
        : [],
    ]
      // What extensions brought along stays with them.
      .filter((object) => !OF_EXTENSIONS.test(object));
  } finally {
    await sql.end();
  }
}

async function expectShopToWork(client: SupabaseClient): Promise<void> {
  const notes = client.schema("shop").from("notes");
  expect((await notes.insert({ body: "open at nine" })).error).toBeNull();
  expect((await notes.select("body")).data).toEqual([{ body: "open at nine" }]);
  expect((await client.functions.invoke("greet")).data).toBe("Welcome to the shop");
  expect((await client.functions.invoke("count")).data).toBe("19");
}

it("init finds in the database what no file names, and writes nothing", async () => {
  const files = await readFiles(`${folder}/shop`);
  const sql = connect();
  try {
    await sql.unsafe(`
      create schema pipeline_words; create extension vector; create extension pgmq; select pgmq.create('embed');
      create policy "owners read their files" on storage.objects for select using (false);
      insert into storage.buckets (id, name) values ('files', 'files');`);
    await expect(run("init")).rejects.toThrow(
      /schema pipeline_words[^]*bucket files[^]*policy owners read their files[^]*queue embed[^]*vector in the schema public/,
    );
    expect(await readFiles(`${folder}/shop`)).toEqual(files);
  } finally {
    await sql.unsafe(`
      select pgmq.drop_queue('embed'); drop extension pgmq; drop extension vector; drop schema pipeline_words;
      drop policy "owners read their files" on storage.objects;
      select set_config('storage.allow_delete_query', 'true', true); delete from storage.buckets where id = 'files';`);
    await sql.end();
  }
});

it(
  "a document goes from upload to an answer in a project to which the pipeline was added, beside the project's own tables and functions",
  async () => {
    await expectShopToWork(await newUser());
    const added = await run("init");
    expect(added.exitCode, added.output).toBe(0);
    await start();
    const client = await newUser();
    await expectShopToWork(client);
    // shop's list of exposed schemas does not have the pipeline's: the client polls the API.
    expect((await client.schema("upload_pipeline" as "public").from("documents").select()).error?.code).toBe(
      "PGRST106",
    );
    const pipeline = createPipelineClient(client);
    const { documentId } = await pipeline.upload(await newPdf(), { filename: "handbook.pdf" });
    await pipeline.waitUntilComplete(documentId);
    const { results } = await pipeline.search("When does the library open?");
    expect(results[0].document_id).toBe(documentId);
    const again = await run("init");
    expect(again, again.output).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^Nothing to do/) });
  },
  180_000,
);

it("a removal says what is lost, refuses to leave files behind, and leaves the database as it was", async () => {
  expect(await objectsIn(stack.databaseUrl)).not.toEqual(before);
  await expect(run("remove", { unapplied: true })).rejects.toThrow(/The database has \d+ of the pipeline's migrations/);
  const removed = await run("remove");
  expect(removed.exitCode, removed.output).toBe(0);
  expect(removed.output).toMatch(
    /- documents, with their jobs, chunks and events: 1\n- users with documents: 1\n- files in the bucket files: 2/,
  );
  const push = () => applyMigrations(stack.databaseUrl, { projectDir: `${folder}/shop` });
  await expect(push()).rejects.toThrow(/Storage still holds files of the pipeline's users/);

  const sql = connect();
  const names = (await sql`select name from storage.objects where bucket_id = 'files'`).map(({ name }) => name);
  await sql.end();
  const { storage } = createClient(stack.url, stack.secretKey);
  expect((await storage.from("files").remove(names)).error).toBeNull();
  expect((await push()).map((name) => name.replace(/^\d+/, ""))).toEqual(["_pipeline_remove.sql"]);
  expect(await objectsIn(stack.databaseUrl)).toEqual(before);
  await start();
  await expectShopToWork(await newUser());
}, 180_000);
