import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createStorage, type Storage } from "./storage.ts";

/** Answers as Storage's HTTP interface does, and records the requests. */
let answer: () => Response;
let calls: { method: string; path: string; headers: Headers }[];
let server: Deno.HttpServer<Deno.NetAddr>;
let storage: Storage;

beforeAll(() => {
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      await request.arrayBuffer();
      const { method, headers } = request;
      calls.push({ method, headers, path: new URL(request.url).pathname });
      return answer();
    },
  );
  storage = createStorage({
    url: `http://127.0.0.1:${server.addr.port}`,
    serviceRoleKey: "service-key",
  });
});
afterAll(() => server.shutdown());
beforeEach(() => {
  calls = [];
});

const fault = (status: number, body: Record<string, string>) => () => Response.json(body, { status });
const unavailable = {
  name: "ProviderError",
  kind: "transient",
  code: "STORAGE_UNAVAILABLE",
};

describe("signUpload", () => {
  test("returns a URL that may replace an earlier upload", async () => {
    answer = () => Response.json({ url: "/object/upload/sign/files/a/b.pdf?token=t0" });
    const { signedUrl } = await storage.signUpload("a/b.pdf");
    expect(signedUrl).toMatch(
      /^http:.*\/storage\/v1\/object\/upload\/sign\/files\/a\/b\.pdf\?token=t0$/,
    );
    expect(calls[0].headers.get("x-upsert")).toBe("true");
    expect(calls[0].headers.get("authorization")).toBe("Bearer service-key");
  });

  test("throws when Storage refuses", async () => {
    answer = fault(500, { message: "no" });
    await expect(storage.signUpload("a")).rejects.toMatchObject(unavailable);
  });
});

describe("put", () => {
  test("sends the bytes with their type, replacing earlier ones", async () => {
    answer = () => Response.json({ Id: "1", Key: "files/a" });
    await storage.put("a", new Uint8Array([1, 2]), "application/pdf");
    expect(calls[0].path).toBe("/storage/v1/object/files/a");
    expect(calls[0].headers.get("content-type")).toBe("application/pdf");
    expect(calls[0].headers.get("x-upsert")).toBe("true");
  });

  test("throws when Storage refuses", async () => {
    answer = fault(413, { statusCode: "413", message: "too large" });
    await expect(storage.put("a", new Uint8Array(1), "x/y")).rejects
      .toMatchObject(unavailable);
  });
});

describe("move", () => {
  test("moves a file", async () => {
    answer = () => Response.json({ message: "Successfully moved" });
    expect(await storage.move("a", "b")).toBe(true);
    expect(calls[0].path).toBe("/storage/v1/object/move");
  });

  test.each([
    ["a file that is not there", { statusCode: "404", error: "not_found" }],
    ["a path that is taken", { statusCode: "409", error: "Duplicate" }],
  ])("returns false for %s", async (_what, said) => {
    answer = fault(400, { ...said, message: "no" });
    expect(await storage.move("a", "b")).toBe(false);
  });

  test("throws when Storage refuses", async () => {
    answer = fault(500, { message: "no" });
    await expect(storage.move("a", "b")).rejects.toMatchObject(unavailable);
  });
});

describe("get", () => {
  test("returns the bytes", async () => {
    answer = () => new Response(new Uint8Array([7, 0, 255]));
    expect(await storage.get("a")).toEqual(new Uint8Array([7, 0, 255]));
  });

  test.each([
    [400, {
      statusCode: "404",
      error: "not_found",
      message: "Object not found",
    }],
    [404, { code: "NoSuchKey", message: "Object not found" }],
  ])("returns null for a missing file (%d)", async (status, body) => {
    answer = fault(status, body as Record<string, string>);
    expect(await storage.get("a")).toBeNull();
  });

  test.each([
    [400, {
      statusCode: "404",
      error: "Bucket not found",
      message: "Bucket not found",
    }],
    [404, { code: "NoSuchBucket", message: "none" }],
    [403, { statusCode: "403", message: "jwt expired" }],
    [503, { message: "down" }],
  ])("throws for %d %j", async (status, body) => {
    answer = fault(status, body as Record<string, string>);
    await expect(storage.get("a")).rejects.toMatchObject(unavailable);
  });

  test("throws when Storage cannot be reached", async () => {
    const nowhere = createStorage({
      url: "http://127.0.0.1:1",
      serviceRoleKey: "k",
    });
    await expect(nowhere.get("a")).rejects.toMatchObject(unavailable);
  });
});

describe("signDownload", () => {
  test("returns a URL that makes browsers save the file under the name, whatever its characters", async () => {
    answer = () => Response.json({ signedURL: "/object/sign/files/a?token=t" });
    const signed = await storage.signDownload("a", 'x&token=2#"y".pdf', 300);
    const url = new URL(signed!);
    expect(url.pathname).toBe("/storage/v1/object/sign/files/a");
    expect([...url.searchParams]).toEqual([
      ["token", "t"],
      ["download", 'x&token=2#"y".pdf'],
    ]);
  });

  test("returns null for a missing file", async () => {
    answer = fault(400, { statusCode: "404", message: "Object not found" });
    expect(await storage.signDownload("a", "a.pdf", 300)).toBeNull();
  });

  test("throws when Storage refuses", async () => {
    answer = fault(503, { message: "down" });
    await expect(storage.signDownload("a", "a.pdf", 300)).rejects
      .toMatchObject(unavailable);
  });
});

describe("signDownloads", () => {
  test("returns the URLs of existing files", async () => {
    answer = () =>
      Response.json([
        { path: "a", signedURL: "/object/sign/files/a?token=t", error: null },
        { path: "b", signedURL: null, error: "not found" },
      ]);
    const urls = await storage.signDownloads([
      { path: "a", filename: "a&b.pdf" },
      { path: "b", filename: "b.pdf" },
    ], 300);
    expect([...urls.keys()]).toEqual(["a"]);
    const { pathname, searchParams } = new URL(urls.get("a")!);
    expect(pathname).toBe("/storage/v1/object/sign/files/a");
    expect(searchParams.get("download")).toBe("a&b.pdf");
  });

  test("sends nothing when there are no files", async () => {
    answer = fault(503, { message: "down" });
    expect(await storage.signDownloads([], 300)).toEqual(new Map());
  });

  test("throws when Storage refuses", async () => {
    answer = fault(503, { message: "down" });
    await expect(
      storage.signDownloads([{ path: "a", filename: "a.pdf" }], 300),
    ).rejects.toMatchObject(unavailable);
  });
});

describe("remove", () => {
  test("names the files, and sends nothing when there are none", async () => {
    answer = () => Response.json([]);
    await storage.remove([]);
    expect(calls).toEqual([]);
    await storage.remove(["a", "b"]);
    expect(calls[0]).toMatchObject({
      method: "DELETE",
      path: "/storage/v1/object/files",
    });
  });
});

test("check reads the bucket, and fails without it", async () => {
  answer = () => Response.json({ id: "files", name: "files", public: false });
  await storage.check();
  expect(calls[0].path).toBe("/storage/v1/bucket/files");
  answer = fault(404, { statusCode: "404", message: "Bucket not found" });
  await expect(storage.check()).rejects.toMatchObject(unavailable);
});
