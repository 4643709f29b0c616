import { Buffer } from "node:buffer";
import { createClient } from "@supabase/supabase-js";
import { beforeEach, describe, expect, it } from "vitest";
import {
  createPipelineClient,
  type PipelineClient,
  type SendBytes,
  type UploadTask,
} from "../../../client/src/index.ts";
import { resumableUploads } from "../../../client/src/resumable.ts";
import { ChangingFile } from "../../../client/src/testing/changing_file.ts";
import { forgetNetwork, setOnline } from "../../../client/src/testing/network_switch.ts";
import { breakingConnection } from "./breaking_connection.ts";
import { useLimits } from "./changed_limits.ts";
import { createUser, newPdf, PASSWORD, stack, type User } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const MIB = 1024 * 1024;
const LARGE = 13 * MIB;

const sql = useDatabase();
const setLimits = useLimits(sql);
let user: User;
let client: PipelineClient;
beforeEach(async () => {
  user = await createUser();
  client = createPipelineClient(user.client);
});

async function newFile(name = "handbook.pdf", size?: number): Promise<File> {
  const bytes = await newPdf();
  // PDF readers ignore what follows the end.
  const padding = Buffer.alloc(Math.max((size ?? 0) - bytes.length, 0), "\n");
  return new File([Buffer.concat([bytes, padding])], name, { type: "application/pdf" });
}

/** Sends requests through another host than the signed URL names. */
function through(origin: string, send: SendBytes): SendBytes {
  return (signedUrl, file, options) => {
    const { pathname, search } = new URL(signedUrl);
    return send(`${origin}${pathname}${search}`, file, options);
  };
}

/** Calls back as soon as the task has sent so many bytes, and resolves a little later. */
async function atSent(task: UploadTask, bytes: number, then: () => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = task.subscribe(() => {
      if (task.progress.sent < bytes) return;
      stop();
      then();
      resolve();
    });
  });
  // What was on its way arrives.
  await new Promise((resolve) => setTimeout(resolve, 200));
}

async function codeOf(task: UploadTask): Promise<string> {
  return await task.result.then(() => "done", ({ code }) => code);
}

/** How often the user has registered an upload today, and what came of it. */
async function registrations(): Promise<{ counted: number; outcomes: string[] }> {
  const rows = await sql<{ outcome: string }[]>`
    select details ->> 'outcome' as outcome from pipeline_internal.audit_log
    where user_id = ${user.id} and action = 'upload' order by audit_no`;
  const outcomes = rows.map(({ outcome }) => outcome);
  return { counted: (await client.limits()).used.uploads_today, outcomes };
}

const complete = (documentId: string) => client.waitUntilComplete(documentId, { timeoutMs: 120_000 });

describe("an upload task", () => {
  it("becomes a complete document", async () => {
    const task = client.startUpload(await newFile());
    const { documentId } = await task.result;
    expect((await complete(documentId)).status).toBe("complete");
  });

  it("leaves nothing of an aborted file with the user", async () => {
    await using way = breakingConnection(stack.url, Infinity);
    const slow = createPipelineClient(user.client, { sendLargeFile: through(way.origin, resumableUploads()) });
    const task = slow.startUpload(await newFile("large.pdf", LARGE));
    await atSent(task, MIB, () => task.pause());
    expect((await client.documents()).documents).toMatchObject([{ status: "awaiting_upload" }]);
    await task.abort();
    expect(task.snapshot()).toMatchObject({ state: "aborted", error: { code: "aborted" } });
    expect((await client.documents()).documents).toEqual([]);
  });

  it("pauses a large file and resumes it where it was", async () => {
    await using way = breakingConnection(stack.url, Infinity);
    const resuming = createPipelineClient(user.client, { sendLargeFile: through(way.origin, resumableUploads()) });
    const task = resuming.startUpload(await newFile("large.pdf", LARGE));
    await atSent(task, 6 * MIB + 1, () => task.pause());
    expect(task.state).toBe("paused");
    const sentBefore = way.sentBytes();
    // The last part was not begun.
    expect(sentBefore).toBeLessThan(12.5 * MIB);
    task.resume();
    const { documentId } = await task.result;
    // The first part is not sent again.
    expect(way.sentBytes() - sentBefore).toBeLessThan(LARGE - 5 * MIB);
    expect((await complete(documentId)).status).toBe("complete");
  });

  it("continues a large file after the page was loaded again", async () => {
    const file = await newFile("large.pdf", LARGE);
    await using way = breakingConnection(stack.url, Infinity);
    // What a browser keeps in its localStorage is kept by this function's memory here.
    const send = through(way.origin, resumableUploads());
    const before = createPipelineClient(user.client, { sendLargeFile: send }).startUpload(file);
    await atSent(before, 6 * MIB + 1, () => before.pause());
    const sentBefore = way.sentBytes();

    const after = createPipelineClient(user.client, { sendLargeFile: send }).startUpload(file);
    const { documentId, duplicate } = await after.result;
    expect(duplicate).toBe(false);
    expect(way.sentBytes() - sentBefore).toBeLessThan(LARGE - 5 * MIB);
    expect((await complete(documentId)).status).toBe("complete");
    expect(await registrations()).toEqual({ counted: 1, outcomes: ["created", "resumed"] });
  });

  it("goes on after the network was lost in the middle, and registers nothing twice", async () => {
    const file = await newFile("large.pdf", LARGE);
    await using way = breakingConnection(stack.url, Infinity);
    const resuming = createPipelineClient(user.client, { sendLargeFile: through(way.origin, resumableUploads()) });
    setOnline(true);
    try {
      const task = resuming.startUpload(file);
      await atSent(task, 6 * MIB + 1, () => setOnline(false));
      await expect.poll(() => task.snapshot().waitingFor).toBe("network");
      expect(task.snapshot().error).toMatchObject({ code: "network_error" });
      setOnline(true);
      const { documentId } = await task.result;
      expect((await complete(documentId)).status).toBe("complete");
    } finally {
      forgetNetwork();
    }
    expect((await client.documents()).documents).toHaveLength(1);
    expect((await registrations()).counted).toBe(1);
  });

  it.each([1_000_000, LARGE])("is not sent when its file of %i bytes changes after it was hashed", async (size) => {
    const original = await newFile("changing.pdf", size);
    const file = new ChangingFile(new Uint8Array(await original.arrayBuffer()));
    const changing = createPipelineClient(user.client, { sendLargeFile: resumableUploads() });
    const task = changing.startUpload(file);
    task.subscribe(() => {
      if (task.state === "registering") file.change(new Uint8Array(size).fill(32));
    });
    expect(await codeOf(task)).toBe("file_changed");
    expect((await client.documents()).documents).toEqual([]);
    task.resume();
    // It is sent as it is now, and then refused for what it is.
    const { documentId } = await task.result;
    await expect(complete(documentId)).rejects.toMatchObject({ code: "NOT_A_PDF" });
  });

  it("has the code of each refusal of the server", async () => {
    const pdf = await newPdf();
    const start = (bytes: Uint8Array, filename: string, mime: string) =>
      codeOf(client.startUpload(bytes, { filename, mime }));
    expect(await start(new TextEncoder().encode("{}"), "a.json", "application/json")).toBe("unsupported_type");
    await setLimits({ max_file_bytes: 100 });
    expect(await start(pdf, "a.pdf", "application/pdf")).toBe("file_too_large");
    await setLimits({ max_file_bytes: 25 * MIB });
    expect(await start(pdf, "a\u0000".repeat(600), "application/pdf")).toBe("done");
    expect(await start(await newPdf(), "x".repeat(1001), "application/pdf")).toBe("validation_failed");
    await setLimits({ uploads_per_user_per_day: 1 });
    const limited = client.startUpload(await newPdf(), { filename: "a.pdf" });
    expect(await codeOf(limited)).toBe("daily_limit");
    expect(limited.snapshot().error!.retryAfter).toBeGreaterThan(0);
  });

  it("fails with session_expired when the session was ended, and goes on after signing in", async () => {
    const storage = new Map<string, string>();
    const supabase = createClient(stack.url, stack.publishableKey, {
      auth: {
        autoRefreshToken: false,
        storageKey: "session",
        storage: {
          getItem: (key) => storage.get(key) ?? null,
          setItem: (key, value) => void storage.set(key, value),
          removeItem: (key) => void storage.delete(key),
        },
      },
    });
    await supabase.auth.signInWithPassword({ email: user.email, password: PASSWORD });
    const ended = createPipelineClient(supabase);
    // An hour passes, and the user signs out everywhere on another device.
    const session = JSON.parse(storage.get("session")!);
    storage.set("session", JSON.stringify({ ...session, expires_at: 1, expires_in: 0 }));
    await user.client.auth.signOut({ scope: "global" });

    const task = ended.startUpload(await newFile());
    expect(await codeOf(task)).toBe("session_expired");
    await expect(ended.documents()).rejects.toMatchObject({ code: "session_expired", status: 401 });
    await expect(ended.waitUntilComplete(crypto.randomUUID())).rejects.toMatchObject({ code: "session_expired" });

    await supabase.auth.signInWithPassword({ email: user.email, password: PASSWORD });
    task.resume();
    const { documentId } = await task.result;
    expect(await ended.status(documentId)).toMatchObject({ document_id: documentId });
    await supabase.auth.stopAutoRefresh();
  });
});

describe("a batch", () => {
  it("uploads many files with few requests, and reports failures and duplicates", async () => {
    const files = await Promise.all(Array.from({ length: 12 }, (_, index) => newFile(`${index}.pdf`)));
    await client.upload(files[3]);
    const before = await requestsOf(user);
    const json = new File(["{}"], "a.json", { type: "application/json" });
    const batch = client.uploadAll([...files, json], { atOnce: 2 });
    const outcomes = await batch.result;
    expect(outcomes.map((outcome) => outcome.ok ? outcome.uploaded.duplicate : outcome.error.code)).toEqual([
      ...files.map((file) => file === files[3]),
      "unsupported_type",
    ]);
    expect((await client.documents({ limit: 50 })).documents).toHaveLength(12);
    // The list above is one of the requests.
    expect(await requestsOf(user) - before).toBeLessThan(13);
    await Promise.all(outcomes.map((outcome) => outcome.ok && client.remove(outcome.uploaded.documentId)));
  });

  it("pauses the rest at the daily limit, and continues later", async () => {
    await setLimits({ uploads_per_user_per_day: 2 });
    const files = await Promise.all(Array.from({ length: 5 }, (_, index) => newFile(`${index}.pdf`)));
    const batch = client.uploadAll(files, { atOnce: 1 });
    const outcomes = await batch.result;
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(2);
    expect(batch.snapshot()).toMatchObject({ state: "paused", error: { code: "daily_limit" } });
    expect(batch.snapshot().error!.retryAfter).toBeGreaterThan(60);
    await setLimits({ uploads_per_user_per_day: 30 });
    batch.resume();
    expect((await batch.result).every(({ ok }) => ok)).toBe(true);
    await Promise.all((await client.documents()).documents.map(({ document_id }) => client.remove(document_id)));
  });
});

/** How many requests of this hour are counted. */
async function requestsOf({ id }: User): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select coalesce(sum(used_count), 0)::int as count from pipeline_internal.rate_limits where key = ${`requests:${id}`}`;
  return row.count;
}
