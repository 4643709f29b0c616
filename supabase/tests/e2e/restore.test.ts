import { generateIdentity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { createPipelineClient } from "../../../client/src/index.ts";
import { openedBy } from "../../../scripts/ops/backup/encryption.ts";
import { Screen } from "../../../scripts/dev/terminal/screen.ts";
import { operate } from "../../../scripts/ops/pipeline/operate.ts";
import { makeReachableTempDir } from "../../../scripts/platform/stack/postgres/account.ts";
import { type Stack, startStack } from "../../../scripts/platform/stack/stack.ts";
import { argumentsDuring } from "../../../scripts/proof/test/process_arguments.ts";
import {
  connect,
  createUser,
  eventually,
  newPdf,
  stack,
  upload,
  type User,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";

const sql = connect();
let folder: string;
let other: Stack;
let restored: postgres.Sql;

beforeAll(async () => {
  folder = await makeReachableTempDir("restore-test-");
  other = await startStack({
    stateDir: `${folder}/stack`,
    port: 0,
    databasePort: 0,
    functionEnv: {
      LLAMAPARSE_API_KEY: "llx-test",
      LLAMAPARSE_API_URL: stack.llamaparseUrl,
      OPENAI_API_KEY: "sk-test",
      OPENAI_API_URL: `${stack.openaiUrl}/v1`,
    },
  });
  restored = postgres(other.databaseUrl, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql`select pipeline_internal.resume_stage('embed')`;
  await waitUntilIdle(sql);
  await Promise.all([sql.end(), restored.end()]);
  await other.stop();
  await Deno.remove(folder, { recursive: true });
});

async function run(url: string, ...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await operate(["--url", url, "--json", ...args], {
    write: (line) => out.push(line),
    writeError: (line) => err.push(line),
    screen: new Screen((line) => out.push(line)),
    faults: new Screen((line) => err.push(line)),
    directory: folder,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("backup and restore", () => {
  let user: User;
  let complete: string;
  let waiting: string;
  let found: string[];
  const bytes = async () => await newPdf();
  let original: Uint8Array;
  const originalPath = async () => {
    const [{ original_path }] = await sql`
      select original_path from upload_pipeline.documents where document_id = ${complete}`;
    return original_path;
  };

  it("backs up a running pipeline", async () => {
    user = await createUser();
    original = await bytes();
    complete = (await upload(user, original)).document_id;
    await waitFor(user, complete, ["complete"]);
    await sql`select pipeline_internal.pause_stage('embed', 'so that one is not finished')`;
    waiting = (await upload(user, await bytes())).document_id;
    await waitFor(user, waiting, ["embedding_queued"]);
    found = await search(user.client);
    // A file of a type that was allowed once.
    await sql`select pipeline_internal.allow_file_types(array['pdf', 'txt'])`;
    const text = new TextEncoder().encode(`notes ${crypto.randomUUID()}`);
    const { document_id: notes } = await upload(user, text, {
      filename: "notes.txt",
      mime: "text/plain",
    });
    await waitFor(user, notes, ["embedding_queued"]);
    await sql`select pipeline_internal.allow_file_types(array['pdf'])`;

    // The shell's environment names another database.
    Deno.env.set("PGSERVICE", "another");
    Deno.env.set("PGSSLMODE", "verify-full");
    const { result: { code, out, err }, seen } = await argumentsDuring(() => run(stack.url, "backup", "backup"));
    Deno.env.delete("PGSERVICE");
    Deno.env.delete("PGSSLMODE");
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out).files).toBeGreaterThan(2);
    // A backup never overwrites another one.
    expect((await run(stack.url, "backup", "backup")).code).toBe(2);

    const dumps = seen.filter((line) => line.includes("--data-only"));
    expect(dumps.length).toBeGreaterThan(0);
    const { password } = new URL(stack.databaseUrl);
    for (const line of dumps) expect(line).not.toContain(`:${password}@`);
  });

  it("writes backups that only their owner or the key holder can read", async () => {
    const identity = await generateIdentity();
    await Deno.writeTextFile(`${folder}/key.txt`, identity);
    const recipient = await identityToRecipient(identity);
    const { code } = await run(
      stack.url,
      ...["backup", "sealed", "--encrypt-to", recipient],
    );
    expect(code).toBe(0);
    for (const name of ["backup", "sealed"]) {
      for (const [path, { isFile, mode }] of await contentsOf(name)) {
        const allowed = (mode! & 0o777).toString(8);
        expect([path, allowed]).toEqual([path, isFile ? "600" : "700"]);
      }
    }

    const sealed = (await contentsOf("sealed")).filter(([, { isFile }]) => isFile);
    expect(sealed.length).toBeGreaterThan(3);
    for (const [path] of sealed) {
      using file = await Deno.open(path);
      const start = new Uint8Array(22);
      await file.read(start);
      expect(new TextDecoder().decode(start)).toBe("age-encryption.org/v1\n");
    }
    const file = await Deno.open(
      `${folder}/sealed/files/${await originalPath()}.age`,
    );
    const opened = await openedBy(identity).open(file.readable);
    expect(await new Response(opened).bytes()).toEqual(original);
  });

  it("refuses to restore a damaged backup", async () => {
    const path = `${folder}/backup/files/${await originalPath()}`;
    await Deno.writeFile(path, await bytes());
    const { code, err } = await run(other.url, "restore", "backup");
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(`backup_damaged.*${complete}`),
    ]);
    const [{ count }] = await restored`
      select count(*)::int from upload_pipeline.documents`;
    expect(count).toBe(0);
    await Deno.writeFile(path, original);
  });

  it("restores users, documents, ids and answers into a new project", async () => {
    // A restore that fails after the rows continues with the next attempt.
    const wrong = ["--secret-key", "sb_secret_of_another"];
    const locked = await run(other.url, "restore", "sealed");
    expect([locked.code, locked.err]).toEqual([
      1,
      expect.stringContaining("backup_is_encrypted"),
    ]);
    const broken = await run(
      other.url,
      ...["restore", "sealed", "--identity", "key.txt", ...wrong],
    );
    expect(broken.code).toBe(1);
    expect(broken.err).toContain("storage_refused");
    const { code, err } = await run(other.url, "restore", "backup");
    expect([code, err]).toEqual([0, ""]);
    const [bucket] = await restored`
      select allowed_mime_types from storage.buckets where id = 'files'`;
    expect(bucket.allowed_mime_types).toContain("text/markdown");

    const client = createClient(other.url, other.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    const { data, error } = await client.auth.signInWithPassword({
      email: user.email,
      password: "correct horse 7 battery",
    });
    expect(error).toBeNull();
    expect(data.user!.id).toBe(user.id);
    expect(await search(client)).toEqual(found);
    const [{ original_path }] = await restored`
      select original_path from upload_pipeline.documents where document_id = ${complete}`;
    const { data: file } = await client.storage.from("files")
      .download(original_path);
    expect(new Uint8Array(await file!.arrayBuffer())).toEqual(original);

    for (const table of ["documents", "events", "document_chunks"]) {
      const count = (of: postgres.Sql) =>
        of`select count(*)::int from upload_pipeline.${of(table)} where user_id = ${user.id}`;
      expect([table, await count(restored)]).toEqual([
        table,
        await count(sql),
      ]);
    }
  });

  it("continues waiting and new work in the new project", async () => {
    const stillPaused = await restored`
      select stage, paused_because from pipeline_internal.stages where paused_at is not null`;
    expect([...stillPaused]).toEqual([
      { stage: "embed", paused_because: "so that one is not finished" },
    ]);
    expect((await run(other.url, "resume", "embed")).code).toBe(0);

    const client = createClient(other.url, other.publishableKey, {
      accessToken: () => Promise.resolve(user.token),
    });
    const pipeline = createPipelineClient(client);
    await pipeline.waitUntilComplete(waiting, { timeoutMs: 90_000 });
    const added = await pipeline.upload(await bytes(), { filename: "new.pdf" });
    await pipeline.waitUntilComplete(added.documentId, { timeoutMs: 90_000 });

    // No job waits for a missing message.
    await eventually(async () => {
      const [{ count }] = await restored`
        select count(*)::int from pipeline_monitoring.lost_messages()`;
      return count === 0;
    }, "no message to be lost");
  });

  it("refuses to restore over documents, and from a folder without a backup", async () => {
    const again = await run(other.url, "restore", "backup");
    expect(again.code).toBe(1);
    expect(again.err).toContain("this database has documents of its own");
    const nothing = await run(other.url, "restore", "nowhere");
    expect(nothing.code).toBe(1);
    expect(nothing.err).toContain("no_backup");
  });
});

/** Everything in one of the tests' folders, including the folder itself. */
async function contentsOf(name: string): Promise<[string, Deno.FileInfo][]> {
  const found: [string, Deno.FileInfo][] = [];
  const waiting = [`${folder}/${name}`];
  for (const path of waiting) {
    const info = await Deno.stat(path);
    found.push([path, info]);
    if (!info.isDirectory) continue;
    for await (const entry of Deno.readDir(path)) {
      waiting.push(`${path}/${entry.name}`);
    }
  }
  return found;
}

/** The ids of the passages that answer a question, best first. */
async function search(client: User["client"]): Promise<string[]> {
  const { results } = await createPipelineClient(client).search(
    "How much is charged for tools returned late?",
    { k: 5 },
  );
  return results.map(({ chunk_id }) => chunk_id);
}
