import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ANN, BEN } from "../testing/test_users.ts";
import { MIB, startStorageUnderTest, type StorageUnderTest } from "./testing/storage_under_test.ts";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorageUnderTest();
}, 60_000);
afterEach(() => expect(storage.takeErrors()).toEqual([]));
afterAll(() => storage?.stop());

const PDF = { contentType: "application/pdf" };
const bytesOf = (size: number) => new Uint8Array(size).map((_, index) => index % 251);
const ownFile = (name: string, user = ANN) => `user/${user}/raw/${name}`;
const filesOf = async (user: string) => (await storage.signedIn(user)).storage.from("files");
const serviceFiles = () => storage.service.storage.from("files");

async function versionOf(name: string): Promise<string | undefined> {
  const [row] = await storage
    .sql`select version from storage.objects where name = ${name}`;
  return row?.version;
}

describe("two users", () => {
  const path = ownFile("private.pdf");
  beforeAll(async () => {
    const { error } = await (await filesOf(ANN)).upload(path, bytesOf(50), PDF);
    expect(error).toBeNull();
  });

  test("cannot read, list, sign, overwrite, move, copy or remove each other's files", async () => {
    const ben = await filesOf(BEN);
    const hidden = { statusCode: "404", message: "Object not found" };
    const denied = {
      statusCode: "403",
      message: "new row violates row-level security policy",
    };
    expect((await ben.download(path)).error?.message).toContain("not found");
    expect((await ben.info(path)).error).toMatchObject(hidden);
    expect((await ben.exists(path)).data).toBe(false);
    expect((await ben.list(`user/${ANN}/raw`)).data).toEqual([]);
    expect((await ben.createSignedUrl(path, 60)).error).toMatchObject(hidden);
    expect((await ben.createSignedUploadUrl(path)).error).toMatchObject(denied);
    expect((await ben.upload(path, bytesOf(1), { ...PDF, upsert: true })).error)
      .toMatchObject(denied);
    expect((await ben.move(path, ownFile("mine.pdf", BEN))).error)
      .toMatchObject(hidden);
    expect((await ben.copy(path, ownFile("mine.pdf", BEN))).error)
      .toMatchObject(hidden);
    expect((await ben.remove([path])).data).toEqual([]);

    const still = await (await filesOf(ANN)).download(path);
    expect(still.data!.size).toBe(50);
  });

  test("get nothing signed out, or with a forged or expired token", async () => {
    const get = (headers: Record<string, string>) =>
      fetch(`${storage.url}/storage/v1/object/files/${path}`, { headers })
        .then((response) => response.json());
    const token = await storage.userToken(ANN);
    const expired = await storage.userToken(ANN, { exp: 2 });
    const cases: [Record<string, string>, string][] = [
      [{}, "NoSuchBucket"],
      [{ apikey: storage.keys.publishableKey }, "NoSuchKey"],
      [{ authorization: `Bearer ${token.slice(0, -4)}AAAA` }, "NoSuchBucket"],
      [{ authorization: `Bearer ${expired}` }, "NoSuchBucket"],
      [{ authorization: "Bearer sb_secret_guess" }, "NoSuchBucket"],
    ];
    for (const [headers, code] of cases) {
      expect(await get(headers)).toMatchObject({ statusCode: "404", code });
    }
  });

  test("get an answer that names the missing header, or the reason, without a valid token", async () => {
    const call = async (
      method: string,
      route: string,
      headers: HeadersInit = {},
    ) => {
      const url = `${storage.url}/storage/v1${route}`;
      const answer = await fetch(url, { method, headers });
      return { status: answer.status, body: await answer.json() };
    };
    const missing = {
      status: 400,
      body: {
        statusCode: "400",
        code: "InvalidRequest",
        error: "Error",
        message: "headers must have required property 'authorization'",
      },
    };
    for (
      const [method, route] of [
        ["GET", `/object/authenticated/files/${path}`],
        ["GET", `/object/info/authenticated/files/${path}`],
        ["POST", `/object/files/${path}`],
        ["PUT", `/object/files/${path}`],
        ["POST", `/object/upload/sign/files/${path}`],
        ["POST", `/object/sign/files/${path}`],
        ["POST", "/object/list/files"],
        ["POST", "/object/move"],
        ["POST", "/object/copy"],
        ["DELETE", `/object/files/${path}`],
        // An unauthenticated caller does not learn whether a name may be stored.
        ["POST", "/object/files/schl%C3%BCssel.pdf"],
      ]
    ) {
      expect([method, route, await call(method, route)])
        .toEqual([method, route, missing]);
    }
    const forged = { authorization: "Bearer a.b.c" };
    expect(await call("POST", `/object/files/${path}`, forged)).toMatchObject({
      status: 400,
      body: { statusCode: "403", code: "AccessDenied", error: "Unauthorized" },
    });
    expect(await call("POST", "/upload/resumable")).toMatchObject({
      status: 400,
      body: { statusCode: "403", code: "AccessDenied", error: "Unauthorized" },
    });
  });
});

describe("files", () => {
  test("are listed by folder, sorted, searched and paged", async () => {
    const files = await filesOf(BEN);
    for (const name of ["b.txt", "a.txt", "sub/c.txt", "Notes.txt"]) {
      await files.upload(`user/${BEN}/list/${name}`, bytesOf(5), {
        contentType: "text/plain",
      });
    }
    const names = async (options?: Parameters<typeof files.list>[1]) =>
      (await files.list(`user/${BEN}/list`, options)).data!.map((e) => e.name);
    expect(await names()).toEqual(["sub", "Notes.txt", "a.txt", "b.txt"]);
    expect(await names({ limit: 2, offset: 2 })).toEqual(["a.txt", "b.txt"]);
    expect(await names({ search: "note" })).toEqual(["Notes.txt"]);
    expect(await names({ sortBy: { column: "name", order: "desc" } }))
      .toEqual(["sub", "b.txt", "a.txt", "Notes.txt"]);
    const [folder] = (await files.list(`user/${BEN}/list`)).data!;
    expect(folder).toMatchObject({ name: "sub", id: null });
  });

  test("can be moved and copied, and removing one leaves the other's bytes", async () => {
    const files = await filesOf(BEN);
    const [first, second, third] = ["1", "2", "3"]
      .map((n) => ownFile(`${n}.pdf`, BEN));
    await files.upload(first, bytesOf(40), PDF);
    expect((await files.move(first, second)).error).toBeNull();
    expect((await files.copy(second, third)).data)
      .toEqual({ path: `files/${third}` });
    expect((await files.exists(first)).data).toBe(false);
    expect((await files.copy(second, third)).error)
      .toMatchObject({ statusCode: "409" });

    const gone = await versionOf(second);
    const removed = await files.remove([second, first]);
    expect(removed.data!.map((object) => object.name)).toEqual([second]);
    expect((await storage.filesOnDisk()).versions).not.toContain(gone);
    expect((await files.download(third)).data!.size).toBe(40);
  });

  test("are downloaded to the end when they are removed or overwritten meanwhile", async () => {
    const bytes = bytesOf(6 * MIB);
    const path = ownFile("leaving.pdf");
    await serviceFiles().upload(path, bytes, { ...PDF, upsert: true });
    const response = await fetch(
      `${storage.url}/storage/v1/object/files/${path}`,
      { headers: { apikey: storage.keys.secretKey } },
    );
    const reader = response.body!.getReader();
    let size = (await reader.read()).value!.length;
    await serviceFiles().remove([path]);
    for (
      let next = await reader.read();
      !next.done;
      next = await reader.read()
    ) {
      size += next.value.length;
    }
    expect(size).toBe(bytes.length);
  });
});

describe("buckets", () => {
  test("are created, read and listed by the service, and hidden from users", async () => {
    const created = await storage.service.storage.createBucket("shared", {
      public: true,
      fileSizeLimit: "1KB",
      allowedMimeTypes: ["text/plain"],
    });
    expect(created.error).toBeNull();
    expect((await storage.service.storage.getBucket("shared")).data)
      .toMatchObject({ public: true, file_size_limit: 1000 });
    expect((await storage.service.storage.listBuckets()).data!.map((b) => b.id))
      .toEqual(["files", "shared"]);
    const ann = await storage.signedIn(ANN);
    expect((await ann.storage.getBucket("files")).error)
      .toMatchObject({ statusCode: "404" });
    expect((await ann.storage.createBucket("mine")).error)
      .toMatchObject({ statusCode: "403" });
  });

  test("serve files without a key only when they are public", async () => {
    await storage.service.storage.from("shared")
      .upload("hello.txt", "hello", { contentType: "text/plain" });
    await serviceFiles().upload("hello.txt", "hello", {
      contentType: "text/plain",
    });
    const publicUrl = (bucket: string) =>
      storage.signedOut.storage.from(bucket).getPublicUrl("hello.txt").data
        .publicUrl;
    expect(await (await fetch(publicUrl("shared"))).text()).toBe("hello");
    expect(await (await fetch(publicUrl("files"))).json())
      .toMatchObject({ statusCode: "404", error: "Bucket not found" });
  });
});

test("allows a browser application on another origin", async () => {
  const url = `${storage.url}/storage/v1/object/files/x.pdf`;
  const preflight = await fetch(url, {
    method: "OPTIONS",
    headers: {
      origin: "http://app.test",
      "access-control-request-method": "PUT",
      "access-control-request-headers": "authorization,x-upsert",
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
  expect(preflight.headers.get("access-control-allow-headers"))
    .toContain("x-upsert");
  const refused = await fetch(url, { headers: { origin: "http://app.test" } });
  expect(refused.headers.get("access-control-allow-origin")).toBe("*");
  await refused.body?.cancel();
});
