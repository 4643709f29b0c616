import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PipelineClient, UploadBatch } from "./index.ts";
import { FakeProject, refused, signIn } from "./testing/fake_project.ts";

let project: FakeProject;
let client: PipelineClient;
let supabase: Awaited<ReturnType<FakeProject["signIn"]>>["supabase"];
beforeEach(async () => {
  project = new FakeProject();
  ({ client, supabase } = await project.signIn());
});
afterEach(() => project[Symbol.asyncDispose]());

function filesOf(count: number): File[] {
  return Array.from({ length: count }, (_, index) => new File([`content ${index}`], `${index}.pdf`));
}

/** Holds the bytes of the next files back, and counts how many are under way. */
function holdPuts(count: number) {
  let most = 0;
  let now = 0;
  const giving: (() => void)[] = [];
  for (let i = 0; i < count; i++) {
    project.next("put", async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => giving.push(resolve));
      now--;
      return null as never;
    });
  }
  return {
    now: () => now,
    most: () => most,
    give: () => giving.splice(0).forEach((give) => give()),
  };
}

async function until(isTrue: () => boolean): Promise<void> {
  await expect.poll(isTrue, { interval: 2 }).toBe(true);
}

const statesOf = (batch: UploadBatch) => batch.tasks.map(({ state }) => state);
const announcedCounts = () =>
  project.requests.filter(({ route }) => route === "register").map(({ announced }) => announced.length);

describe("a batch", () => {
  it("sends a few files at once, and registers those that wait together", async () => {
    const puts = holdPuts(20);
    const batch = client.uploadAll(filesOf(20), { atOnce: 3, policyId: "P-1" });
    await until(() => batch.tasks.every(({ progress }) => progress.hashed === progress.total));
    while (batch.snapshot().state === "running") {
      await until(() => puts.now() === 3 || statesOf(batch).filter((state) => state !== "done").length < 3);
      puts.give();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const outcomes = await batch.result;
    expect(outcomes.map(({ ok, filename }) => [ok, filename])).toEqual(filesOf(20).map(({ name }) => [true, name]));
    expect(puts.most()).toBe(3);
    expect(project.documents.size).toBe(20);
    expect(announcedCounts().reduce((a, b) => a + b)).toBe(20);
    // Those that find a slot alone, then up to ten together.
    expect(Math.max(...announcedCounts())).toBe(10);
    expect(announcedCounts().length).toBeLessThan(9);
    expect(project.requests.find(({ route }) => route === "register")!.announced[0]).toMatchObject({
      policy_id: "P-1",
    });
    const { progress } = batch.snapshot();
    expect(progress.sent).toBe(progress.total);
  });

  it("is over at once when it is empty, and runs again when files are added", async () => {
    const batch = client.uploadAll([]);
    expect(await batch.result).toEqual([]);
    const [task] = batch.add([{ file: new TextEncoder().encode("x"), filename: "x.pdf", ocr: true }]);
    expect(await batch.result).toMatchObject([{ id: task.id, ok: true, filename: "x.pdf" }]);
    expect(batch.snapshot().state).toBe("idle");
  });

  it("goes on when a file fails, and reports duplicates", async () => {
    const [first, second, third] = filesOf(3);
    await client.upload(first);
    project.next("register", () => refused(415, "unsupported_type"));
    const batch = client.uploadAll([second, first, third, new File([], "empty.pdf")], { atOnce: 1 });
    const outcomes = await batch.result;
    expect(outcomes).toMatchObject([
      { ok: false, filename: "1.pdf", error: { code: "unsupported_type", status: 415, requestId: "r-1" } },
      { ok: true, uploaded: { duplicate: true } },
      { ok: true, uploaded: { duplicate: false } },
      { ok: false, error: { code: "file_empty" } },
    ]);
    batch.tasks[0].resume();
    expect(batch.snapshot().state).toBe("running");
    expect((await batch.result)[0]).toMatchObject({ ok: true });
  });

  it("learns why one of a group is refused from a request of its own", async () => {
    const puts = holdPuts(1);
    const batch = client.uploadAll(filesOf(3), { atOnce: 1 });
    await until(() => puts.now() === 1);
    await until(() => batch.tasks.every(({ progress }) => progress.hashed === progress.total));
    project.next("register", () =>
      Response.json({
        documents: [0, 1].map((index) => ({ index, ok: false, error: { code: "quota_exceeded", message: "No." } })),
      }));
    project.next("register", () => refused(413, "quota_exceeded"));
    puts.give();
    expect(await batch.result).toMatchObject([
      { ok: true },
      { ok: false, error: { code: "quota_exceeded", status: 413 } },
      { ok: true },
    ]);
    expect(announcedCounts()).toEqual([1, 2, 1, 1]);
  });

  it("pauses the rest at a daily limit, says so, and continues with them", async () => {
    project.uploadsPerDay = 1;
    const puts = holdPuts(1);
    const batch = client.uploadAll(filesOf(5), { atOnce: 1 });
    await until(() => puts.now() === 1);
    await until(() => batch.tasks.every(({ progress }) => progress.hashed === progress.total));
    puts.give();
    const outcomes = await batch.result;
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false, false, false]);
    expect(outcomes[4]).toMatchObject({ error: { code: "daily_limit", retryAfter: 3600 } });
    expect(batch.snapshot()).toMatchObject({ state: "paused", error: { code: "daily_limit", retryAfter: 3600 } });
    expect(statesOf(batch)).toEqual(["done", "paused", "paused", "paused", "paused"]);
    // The first alone, the others together, and one alone to learn why.
    expect(announcedCounts()).toEqual([1, 4, 1]);

    project.uploadsPerDay = 5;
    batch.resume();
    expect((await batch.result).every(({ ok }) => ok)).toBe(true);
    expect(batch.snapshot()).toMatchObject({ state: "idle", error: null });
  });

  it("pauses the rest when the session has ended, and continues after signing in", async () => {
    const batch = client.uploadAll(filesOf(3), { atOnce: 1 });
    project.endSessions();
    expect((await batch.result).map((outcome) => outcome.ok || outcome.error.code))
      .toEqual(["session_expired", "session_expired", "session_expired"]);
    await signIn(supabase, "user-1");
    batch.resume();
    expect((await batch.result).every(({ ok }) => ok)).toBe(true);
  });

  it("sends nothing while it is paused, also of files that are added then", async () => {
    const puts = holdPuts(1);
    const batch = client.uploadAll(filesOf(3), { atOnce: 1 });
    await until(() => puts.now() === 1);
    batch.pause();
    batch.add([new File(["late"], "late.pdf")]);
    puts.give();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(statesOf(batch)).toEqual(["paused", "paused", "paused", "paused"]);
    expect(project.countOf("put")).toBe(1);
    batch.resume();
    expect(await batch.result).toHaveLength(4);
    expect(project.documents.size).toBe(4);
  });

  it("deletes what was registered ahead of its turn when it is aborted", async () => {
    const puts = holdPuts(5);
    const batch = client.uploadAll(filesOf(6), { atOnce: 1 });
    await until(() => puts.now() === 1);
    await until(() => batch.tasks.every(({ progress }) => progress.hashed === progress.total));
    puts.give();
    await until(() => project.documents.size === 6);
    await until(() => puts.now() === 1);
    await batch.abort();
    expect(statesOf(batch)).toEqual(["done", "aborted", "aborted", "aborted", "aborted", "aborted"]);
    expect(project.documents.size).toBe(1);
    expect((await batch.result).map(({ ok }) => ok)).toEqual([true, false, false, false, false, false]);
    puts.give();
  });

  it("forgets the tasks that are over, and deletes what failed ones registered", async () => {
    project.next("put", () => new Response("refused", { status: 400 }));
    const batch = client.uploadAll(filesOf(2), { atOnce: 1 });
    await batch.result;
    batch.clear();
    expect(batch.tasks).toEqual([]);
    expect(batch.snapshot().tasks).toEqual([]);
    await expect.poll(() => project.documents.size).toBe(1);
  });

  it("notifies of each task's changes until it is unsubscribed", async () => {
    const batch = client.uploadAll(filesOf(1));
    let calls = 0;
    const stop = batch.subscribe(() => calls++);
    await batch.result;
    expect(calls).toBeGreaterThan(3);
    stop();
    const before = calls;
    batch.add(filesOf(2));
    await batch.result;
    expect(calls).toBe(before);
  });
});
