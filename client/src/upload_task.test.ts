import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PipelineClient, UploadState, UploadTask } from "./index.ts";
import { ChangingFile } from "./testing/changing_file.ts";
import { FakeProject, refused, signIn } from "./testing/fake_project.ts";
import { forgetNetwork, setOnline } from "./testing/network_switch.ts";

const MIB = 1024 * 1024;
let project: FakeProject;
let client: PipelineClient;
let supabase: Awaited<ReturnType<FakeProject["signIn"]>>["supabase"];
beforeEach(async () => {
  project = new FakeProject();
  ({ client, supabase } = await project.signIn());
});
afterEach(async () => {
  forgetNetwork();
  await project[Symbol.asyncDispose]();
});

function bytesOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 7 + (index >> 8)) % 256);
}

let fileCount = 0;
function newFile(length = 1000, name = "a.pdf"): File {
  return new File([bytesOf(length, ++fileCount)], name, { type: "application/pdf" });
}

/** The states of a task, each once in a row. */
function statesOf(task: UploadTask): UploadState[] {
  const states = [task.state];
  task.subscribe(() => task.state !== states.at(-1) && states.push(task.state));
  return states;
}

async function until(isTrue: () => boolean): Promise<void> {
  await expect.poll(isTrue, { interval: 2 }).toBe(true);
}

async function failureOf(task: UploadTask) {
  return await task.result.then(() => undefined, (error) => error);
}

/** An answer that the test gives when it wants. */
function held(): { answer: () => Promise<Response>; give(response: Response): void; isAsked: () => boolean } {
  const { promise, resolve } = Promise.withResolvers<Response>();
  let asked = false;
  return {
    answer: () => {
      asked = true;
      return promise;
    },
    give: resolve,
    isAsked: () => asked,
  };
}

const storedBytes = () => [...project.documents.values()].map(({ bytes }) => bytes);

describe("a task", () => {
  it("hashes, registers and sends a file, and says how far it is", async () => {
    const file = newFile(3 * MIB);
    const task = client.startUpload(file);
    const states = statesOf(task);
    const hashed: number[] = [];
    task.subscribe(() => hashed.push(task.progress.hashed));
    const uploaded = await task.result;
    expect(states).toEqual(["waiting", "hashing", "registering", "sending", "done"]);
    expect(hashed).toEqual(hashed.toSorted((a, b) => a - b));
    expect(new Set(hashed)).toContain(MIB);
    expect(task.snapshot()).toMatchObject({
      state: "done",
      filename: "a.pdf",
      progress: { hashed: file.size, sent: file.size, total: file.size },
      documentId: uploaded.documentId,
      uploaded,
      error: null,
    });
    expect(storedBytes()).toEqual([new Uint8Array(await file.arrayBuffer())]);
  });

  it("has the same snapshot until something changes", async () => {
    const task = client.startUpload(newFile());
    expect(task.snapshot()).toBe(task.snapshot());
    await task.result;
    const last = task.snapshot();
    task.pause();
    task.resume();
    expect(task.snapshot()).toBe(last);
  });

  it("sends the bytes that it was given when the array is overwritten meanwhile", async () => {
    const bytes = bytesOf(500);
    const task = client.startUpload(bytes, { filename: "a.pdf" });
    const before = bytes.slice();
    bytes.fill(0);
    await task.result;
    expect(storedBytes()).toEqual([before]);
  });

  it("is a duplicate when the bytes are there already", async () => {
    const file = newFile();
    const { documentId } = await client.startUpload(file).result;
    const again = client.startUpload(file);
    expect(await again.result).toEqual({ duplicate: true, documentId });
    expect(again.state).toBe("done");
  });

  it("waits for another task with the same bytes, and is its duplicate", async () => {
    const put = held();
    project.next("put", put.answer);
    const file = newFile();
    const [first, second] = [client.startUpload(file), client.startUpload(file)];
    await until(put.isAsked);
    await until(() => second.snapshot().waitingFor === "same_file");
    expect(project.countOf("register")).toBe(1);
    first.pause();
    await second.result;
    put.give(new Response("late", { status: 500 }));
    first.resume();
    // Its registration became the document that the second one sent.
    expect((await first.result).documentId).toBe((await second.result).documentId);
    expect(project.countOf("put")).toBe(2);
    expect(project.documents.size).toBe(1);
  });
});

describe("pause and resume", () => {
  it("breaks off a single request and sends the file again", async () => {
    const put = held();
    project.next("put", put.answer);
    const task = client.startUpload(newFile());
    await until(put.isAsked);
    task.pause();
    task.pause();
    expect(task.state).toBe("paused");
    put.give(new Response("late", { status: 500 }));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(task.state).toBe("paused");
    task.resume();
    task.resume();
    await task.result;
    expect(project.countOf("put")).toBe(2);
    expect(project.documents.size).toBe(1);
  });

  it("continues when it is resumed before the request has ended", async () => {
    const put = held();
    project.next("put", put.answer);
    const task = client.startUpload(newFile());
    await until(put.isAsked);
    task.pause();
    task.resume();
    await task.result;
    expect(task.state).toBe("done");
    put.give(new Response());
  });

  it("stops hashing at once", async () => {
    const file = new ChangingFile(bytesOf(4 * MIB, ++fileCount));
    let reads = 0;
    const task = client.startUpload(file);
    file.onRead = () => {
      if (++reads === 2) task.pause();
    };
    await until(() => task.state === "paused");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(reads).toBe(2);
    expect(project.countOf("register")).toBe(0);
    task.resume();
    await task.result;
  });

  it("takes effect after a registration that is under way", async () => {
    const registration = held();
    project.next("register", async () => {
      await registration.answer();
      return null as never;
    });
    const task = client.startUpload(newFile());
    await until(registration.isAsked);
    task.pause();
    registration.give(new Response());
    await until(() => task.snapshot().documentId !== null);
    expect(task.state).toBe("paused");
    expect(project.countOf("put")).toBe(0);
    task.resume();
    await task.result;
  });

  it("reports a resumed task that had arrived after all as no duplicate", async () => {
    project.next("put", () => new Response("lost", { status: 502 }));
    const task = client.startUpload(newFile());
    await until(() => task.snapshot().waitingFor === "retry");
    for (const document of project.documents.values()) document.bytes = new Uint8Array();
    expect(await task.result).toMatchObject({ duplicate: false });
  });
});

describe("abort", () => {
  it("deletes the registered document", async () => {
    const put = held();
    project.next("put", put.answer);
    const task = client.startUpload(newFile());
    await until(put.isAsked);
    expect(project.documents.size).toBe(1);
    const aborted = task.abort();
    expect(task.state).toBe("aborted");
    expect(await failureOf(task)).toMatchObject({ code: "aborted" });
    await Promise.all([aborted, task.abort()]);
    expect(project.documents.size).toBe(0);
    expect(project.countOf("remove")).toBe(1);
    put.give(new Response());
  });

  it("waits for a registration that is under way, and deletes its document", async () => {
    const registration = held();
    project.next("register", async () => {
      await registration.answer();
      return null as never;
    });
    const task = client.startUpload(newFile());
    await until(registration.isAsked);
    const aborted = task.abort();
    registration.give(new Response());
    await aborted;
    expect(project.countOf("remove")).toBe(1);
    expect(project.documents.size).toBe(0);
    expect(project.countOf("put")).toBe(0);
  });

  it("registers nothing when it comes while the file is hashed", async () => {
    const file = new ChangingFile(bytesOf(2 * MIB, ++fileCount));
    const task = client.startUpload(file);
    file.onRead = () => void task.abort();
    await task.abort();
    expect(project.requests.filter(({ route }) => route !== "other")).toEqual([]);
  });

  it("does nothing when the upload is done", async () => {
    const task = client.startUpload(newFile());
    await task.result;
    await task.abort();
    expect(task.state).toBe("done");
    expect(project.documents.size).toBe(1);
  });

  it("cannot be resumed", async () => {
    const task = client.startUpload(newFile());
    await task.abort();
    task.resume();
    task.pause();
    expect(task.state).toBe("aborted");
  });

  it("keeps the document when another task has sent its bytes meanwhile", async () => {
    project.next("put", () => new Response("refused", { status: 400 }));
    const file = newFile();
    const failed = client.startUpload(file);
    await failureOf(failed);
    await client.startUpload(file).result;
    await failed.abort();
    expect(project.documents.size).toBe(1);
  });

  it("deletes what a failed task had registered", async () => {
    project.next("put", () => new Response("refused", { status: 400 }));
    const task = client.startUpload(newFile());
    expect(await failureOf(task)).toMatchObject({ code: "upload_refused" });
    await task.abort();
    expect(task.state).toBe("aborted");
    expect(project.documents.size).toBe(0);
  });

  it("says so when the document cannot be deleted", async () => {
    const put = held();
    project.next("put", put.answer);
    project.next("remove", () => refused(403, "user_banned"));
    const task = client.startUpload(newFile());
    await until(put.isAsked);
    await task.abort();
    expect(task.snapshot()).toMatchObject({ state: "aborted", error: { code: "not_removed" } });
    expect(task.snapshot().documentId).not.toBeNull();
    put.give(new Response());
  });
});

describe("a failed task", () => {
  it.each([
    [413, "file_too_large"],
    [415, "unsupported_type"],
    [422, "validation_failed"],
    [409, "document_refused"],
    [402, "monthly_budget_spent"],
    [429, "daily_limit"],
  ])("has the API's code when it answers %i %s, and can be tried again", async (status, code) => {
    project.next("register", () => refused(status, code, { headers: { "retry-after": "3600" } }));
    const task = client.startUpload(newFile());
    const before = task.result;
    expect(await failureOf(task)).toMatchObject({ code, status, retryAfter: 3600, requestId: "r-1" });
    expect(task.snapshot()).toMatchObject({ state: "failed", error: { code } });
    expect(project.countOf("register")).toBe(1);
    task.resume();
    expect(task.result).not.toBe(before);
    await task.result;
    expect(task.snapshot()).toMatchObject({ state: "done", error: null });
  });

  it("is registered again when Storage refuses a URL that has expired meanwhile", async () => {
    const now = performance.now.bind(performance);
    let elapsedMs = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + elapsedMs);
    try {
      project.next("put", () => {
        elapsedMs = 3 * 60 * 60 * 1000;
        return new Response("expired", { status: 400 });
      });
      const task = client.startUpload(newFile());
      await task.result;
      expect([project.countOf("register"), project.countOf("put")]).toEqual([2, 2]);
    } finally {
      clock.mockRestore();
    }
  });

  it("is tried again by itself after a short delay that the API asks for", async () => {
    project.next("register", () => refused(429, "rate_limited", { headers: { "retry-after": "1" } }));
    const task = client.startUpload(newFile());
    await until(() => task.snapshot().waitingFor === "retry");
    expect(task.snapshot().error).toMatchObject({ code: "rate_limited" });
    await task.result;
    expect(task.snapshot().error).toBeNull();
  });
});

describe("a file that cannot be sent", () => {
  it("is refused when it is empty", async () => {
    const task = client.startUpload(new File([], "a.pdf"));
    expect(await failureOf(task)).toMatchObject({ code: "file_empty" });
    expect(project.countOf("register")).toBe(0);
  });

  it("is refused before it is read when it is larger than a known limit", async () => {
    project.maxFileBytes = 1000;
    await client.limits();
    const file = new ChangingFile(bytesOf(1001));
    file.onRead = () => expect.fail("it was read");
    const task = client.startUpload(file);
    expect(await failureOf(task)).toMatchObject({ code: "file_too_large", details: { max_file_bytes: 1000 } });
    expect(project.countOf("register")).toBe(0);
  });

  it("is refused before it is read when it is large and exceeds the limit that the API names", async () => {
    project.maxFileBytes = 6 * MIB;
    const task = client.startUpload(newFile(7 * MIB));
    expect(await failureOf(task)).toMatchObject({ code: "file_too_large" });
    expect(task.progress.hashed).toBe(0);
  });

  it("is refused where browsers have no WebCrypto", async () => {
    Object.defineProperty(crypto, "subtle", { value: undefined, configurable: true });
    try {
      expect(await failureOf(client.startUpload(newFile()))).toMatchObject({ code: "insecure_context" });
    } finally {
      Reflect.deleteProperty(crypto, "subtle");
    }
    await client.startUpload(newFile()).result;
  });

  it("is refused without a name", async () => {
    const task = client.startUpload(new Blob(["x"]));
    expect(await failureOf(task)).toBeInstanceOf(TypeError);
    expect(task.snapshot()).toMatchObject({ state: "failed", error: { code: "unexpected_error" } });
  });

  it.each(["NotReadableError", "NotFoundError"] as const)("is unreadable when reading throws %s", async (name) => {
    const file = new ChangingFile(bytesOf(100));
    file.fail(name);
    const task = client.startUpload(file);
    expect(await failureOf(task)).toMatchObject({ code: "file_unreadable", cause: { name } });
    expect(project.countOf("register")).toBe(0);
  });

  it("is refused when it shrinks while it is hashed", async () => {
    const file = new ChangingFile(bytesOf(3 * MIB));
    file.onRead = () => file.change(bytesOf(MIB / 2));
    expect(await failureOf(client.startUpload(file))).toMatchObject({ code: "file_changed" });
  });

  it.each([
    ["has other bytes", (file: ChangingFile) => file.change(bytesOf(2 * MIB, 99))],
    ["is shorter", (file: ChangingFile) => file.change(bytesOf(2 * MIB - 1))],
    ["was deleted", (file: ChangingFile) => file.fail("NotFoundError")],
  ])("is not sent, and its registration deleted, when after hashing it %s", async (_how, change) => {
    const file = new ChangingFile(bytesOf(2 * MIB));
    project.next("register", () => {
      change(file);
      return null as never;
    });
    const task = client.startUpload(file);
    expect(await failureOf(task)).toMatchObject({ code: "file_changed" });
    expect(task.snapshot()).toMatchObject({ state: "failed", documentId: null });
    expect(project.countOf("put")).toBe(0);
    expect(project.documents.size).toBe(0);
  });

  it("is sent as it is now when it is tried again after a change", async () => {
    const file = new ChangingFile(bytesOf(2 * MIB));
    project.next("register", () => {
      file.change(bytesOf(2 * MIB, 99));
      return null as never;
    });
    const task = client.startUpload(file);
    await failureOf(task);
    task.resume();
    await task.result;
    expect(storedBytes()).toEqual([bytesOf(2 * MIB, 99)]);
  });

  it("is checked part by part when it is sent in parts", async () => {
    const read: string[] = [];
    const { client } = await project.signIn("user-1", {
      sendLargeFile: async (_url, file, { read: readPart }) => {
        await readPart!(0, 6 * MIB);
        changing.change(bytesOf(8 * MIB, 5));
        read.push(`${file.type} ${file.size}`);
        await readPart!(6 * MIB, 8 * MIB);
      },
    });
    const changing = new ChangingFile(bytesOf(8 * MIB, 4));
    expect(await failureOf(client.startUpload(changing))).toMatchObject({ code: "file_changed" });
    expect(read).toEqual([`application/octet-stream ${8 * MIB}`]);
  });
});

describe("without a network", () => {
  it("waits from the start, and goes on when the browser is online", async () => {
    setOnline(false);
    project.isReachable = false;
    const task = client.startUpload(newFile());
    await until(() => task.snapshot().waitingFor === "network");
    expect(task.snapshot()).toMatchObject({ state: "waiting", error: { code: "network_error" } });
    project.isReachable = true;
    setOnline(true);
    await task.result;
    expect(project.countOf("register")).toBe(1);
  });

  it("breaks off the request that is under way, and sends the file once it is back", async () => {
    setOnline(true);
    const put = held();
    project.next("put", put.answer);
    const task = client.startUpload(newFile());
    await until(put.isAsked);
    setOnline(false);
    await until(() => task.snapshot().waitingFor === "network");
    expect(task.snapshot().error).toMatchObject({ code: "network_error" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(project.countOf("register")).toBe(1);
    setOnline(true);
    await task.result;
    expect(project.documents.size).toBe(1);
    expect(storedBytes()[0]).not.toBeNull();
    put.give(new Response());
  });

  it("can be paused and aborted while it waits", async () => {
    setOnline(true);
    const put = held();
    project.next("put", put.answer);
    const task = client.startUpload(newFile());
    await until(put.isAsked);
    setOnline(false);
    await until(() => task.snapshot().waitingFor === "network");
    task.pause();
    expect(task.state).toBe("paused");
    setOnline(true);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(task.state).toBe("paused");
    await task.abort();
    expect(project.documents.size).toBe(0);
    put.give(new Response());
  });

  it("tries again at once when the browser says that it is online", async () => {
    project.isReachable = false;
    const task = client.startUpload(newFile());
    // The first delays: 0.5, 1, 2, 4 s.
    await expect.poll(() => task.snapshot().waitingFor, { interval: 2 }).toBe("network");
    project.isReachable = true;
    const begun = performance.now();
    setOnline(true);
    await task.result;
    expect(performance.now() - begun).toBeLessThan(400);
  });

  it("tries a broken connection again, until it has tried often without progress", async () => {
    for (let i = 0; i < 2; i++) project.next("put", () => new Response("", { status: 503 }));
    await client.startUpload(newFile()).result;
    expect(project.countOf("put")).toBe(3);
    expect(project.documents.size).toBe(1);
  });
});

describe("a session that ended", () => {
  it("is renewed when only its token is refused", async () => {
    project.next("register", () => refused(401, "unauthorized"));
    await client.startUpload(newFile()).result;
    expect(project.countOf("refresh")).toBe(1);
    expect(project.countOf("register")).toBe(2);
  });

  it("fails with session_expired, and goes on after signing in", async () => {
    project.endSessions();
    const task = client.startUpload(newFile());
    expect(await failureOf(task)).toMatchObject({ code: "session_expired", status: 401 });
    expect((await failureOf(task)).message).toContain("Sign in again");
    expect(task.state).toBe("failed");
    await signIn(supabase, "user-1");
    task.resume();
    await task.result;
    expect([...project.documents.values()]).toMatchObject([{ userId: "user-1" }]);
  });

  it("is reported by other calls too", async () => {
    project.endSessions();
    await expect(client.limits()).rejects.toMatchObject({ code: "session_expired" });
  });

  it("of a user who signs out while bytes are sent does not stop them", async () => {
    const put = held();
    project.next("put", async () => {
      await put.answer();
      return null as never;
    });
    const task = client.startUpload(newFile());
    await until(put.isAsked);
    await supabase.auth.signOut();
    put.give(new Response());
    await task.result;
    expect(storedBytes()[0]).not.toBeNull();
  });

  it("does not hand a file to the user who signs in next", async () => {
    project.next("register", () => refused(503, "database_unavailable"));
    const task = client.startUpload(newFile());
    await until(() => task.snapshot().waitingFor === "retry");
    await signIn(supabase, "user-2");
    expect(await failureOf(task)).toMatchObject({ code: "user_changed" });
    expect(project.documents.size).toBe(0);
    await signIn(supabase, "user-1");
    task.resume();
    await task.result;
    expect([...project.documents.values()]).toMatchObject([{ userId: "user-1" }]);
  });
});
