import { decodeJwt, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ANN, BEN } from "../testing/test_users.ts";
import { startStorageUnderTest, type StorageUnderTest } from "./testing/storage_under_test.ts";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorageUnderTest();
}, 60_000);
afterEach(() => expect(storage.takeErrors()).toEqual([]));
afterAll(() => storage?.stop());

const PDF = { contentType: "application/pdf" };
const bytes = new Uint8Array(1000).map((_, index) => index % 251);
const path = (name: string) => `user/${ANN}/raw/${name}`;
const serviceFiles = () => storage.service.storage.from("files");
const signedOutFiles = () => storage.signedOut.storage.from("files");

async function uploadUrl(name: string, options?: { upsert: boolean }) {
  const { data, error } = await serviceFiles()
    .createSignedUploadUrl(path(name), options);
  expect(error).toBeNull();
  return data!;
}

const put = (url: string, body: BodyInit, headers: HeadersInit = {}) => fetch(url, { method: "PUT", body, headers });

/** The token with other claims, signed with this secret. */
function resigned(token: string, claims: object, secret: string) {
  return new SignJWT({ ...decodeJwt(token), ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
}

describe("a signed upload URL", () => {
  test("accepts the file from supabase-js, from a plain PUT and from a form", async () => {
    const blob = new Blob([bytes], { type: "application/pdf" });
    const byClient = await uploadUrl("client file (1).pdf");
    const uploaded = await signedOutFiles()
      .uploadToSignedUrl(byClient.path, byClient.token, blob);
    expect(uploaded.error).toBeNull();
    expect(uploaded.data!.fullPath).toBe(`files/${byClient.path}`);

    const plain = await uploadUrl("plain.pdf");
    const answer = await put(plain.signedUrl, bytes, {
      "content-type": "application/pdf",
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ Key: `files/${plain.path}` });

    const inForm = await uploadUrl("form.pdf");
    const form = new FormData();
    form.append("file", blob, "form.pdf");
    const formAnswer = await put(inForm.signedUrl, form);
    expect(formAnswer.status).toBe(200);
    await formAnswer.body?.cancel();

    for (const { path } of [byClient, plain, inForm]) {
      const { data } = await serviceFiles().download(path);
      expect(data!.type).toBe("application/pdf");
      expect(new Uint8Array(await data!.arrayBuffer())).toEqual(bytes);
    }
  });

  test("treats a PUT without a type as application/octet-stream, which this bucket refuses", async () => {
    const { signedUrl } = await uploadUrl("untyped.pdf");
    expect(await (await put(signedUrl, bytes)).json()).toMatchObject({
      statusCode: "415",
      message: "mime type application/octet-stream is not supported",
    });
  });

  test("writes as the signer, and only once unless it was signed with upsert", async () => {
    const ann = await storage.signedIn(ANN);
    const signed = await ann.storage.from("files")
      .createSignedUploadUrl(path("owned.pdf"));
    const once = await put(signed.data!.signedUrl, bytes, {
      "content-type": "application/pdf",
    });
    expect(once.status).toBe(200);
    await once.body?.cancel();
    const [row] = await storage.sql`
      select owner_id from storage.objects where name = ${path("owned.pdf")}`;
    expect(row.owner_id).toBe(ANN);

    const again = await put(signed.data!.signedUrl, bytes, {
      "content-type": "application/pdf",
      "x-upsert": "true",
    });
    expect(await again.json()).toMatchObject({
      statusCode: "409",
      error: "Duplicate",
    });

    const replacing = await uploadUrl("owned.pdf", { upsert: true });
    const replaced = await put(replacing.signedUrl, bytes.slice(0, 10), {
      "content-type": "application/pdf",
    });
    expect(replaced.status).toBe(200);
    await replaced.body?.cancel();
    expect((await serviceFiles().info(path("owned.pdf"))).data!.size).toBe(10);
  });

  test("is refused without its token", async () => {
    const { signedUrl } = await uploadUrl("tokenless.pdf");
    const readable = await serviceFiles().upload(path("here.pdf"), bytes, PDF);
    expect(readable.error).toBeNull();
    const missing = {
      statusCode: "400",
      code: "InvalidRequest",
      error: "Error",
      message: "querystring must have required property 'token'",
    };
    const upload = await put(signedUrl.split("?")[0], bytes);
    expect(upload.status).toBe(400);
    expect(await upload.json()).toEqual(missing);
    const download = await fetch(
      `${storage.url}/storage/v1/object/sign/files/${path("here.pdf")}`,
    );
    expect(download.status).toBe(400);
    expect(await download.json()).toEqual(missing);
  });

  test("expires after two hours", async () => {
    const { token } = await uploadUrl("ages.pdf");
    const { iat, exp } = decodeJwt(token);
    expect(exp! - iat!).toBe(2 * 60 * 60);
  });

  test("is refused when it is expired, forged, for another key, or of another kind", async () => {
    const { token } = await uploadUrl("target.pdf");
    const { jwtSecret } = storage.keys;
    const other = await uploadUrl("other.pdf");
    await serviceFiles().upload(path("readable.pdf"), bytes, PDF);
    const readable = await serviceFiles()
      .createSignedUrl(path("readable.pdf"), 60);
    const downloadToken = new URL(readable.data!.signedUrl).searchParams
      .get("token")!;

    const refused: [string, string, string][] = [
      [
        "target.pdf",
        await resigned(token, { exp: 1 }, jwtSecret),
        "InvalidJWT",
      ],
      [
        "target.pdf",
        await resigned(token, { exp: undefined }, jwtSecret),
        "InvalidJWT",
      ],
      ["target.pdf", await resigned(token, {}, "another secret"), "InvalidJWT"],
      ["target.pdf", "nonsense", "InvalidJWT"],
      ["target.pdf", other.token, "InvalidSignature"],
      ["target.pdf", await storage.userToken(ANN), "InvalidSignature"],
      ["readable.pdf", downloadToken, "InvalidSignature"],
    ];
    for (const [name, forged, error] of refused) {
      const answer = await signedOutFiles()
        .uploadToSignedUrl(path(name), forged, bytes, PDF);
      expect(answer.error, error).toMatchObject({
        status: 400,
        statusCode: "400",
        code: error,
      });
    }
    expect((await serviceFiles().exists(path("target.pdf"))).data).toBe(false);
  });
});

describe("a signed download URL", () => {
  const name = path("a report (final).pdf");
  beforeAll(async () => {
    await serviceFiles().upload(name, bytes, PDF);
  });
  const signed = async (options?: { download: string | boolean }) => {
    const { data, error } = await serviceFiles()
      .createSignedUrl(name, 60, options);
    expect(error).toBeNull();
    return data!.signedUrl;
  };

  test("serves the whole file, parts of it, or its headers", async () => {
    const url = await signed();
    const whole = await fetch(url);
    expect(whole.status).toBe(200);
    expect(whole.headers.get("content-type")).toBe("application/pdf");
    expect(whole.headers.has("content-disposition")).toBe(false);
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(bytes);

    const ranges: [string, number, number][] = [
      ["bytes=10-19", 10, 20],
      ["bytes=990-", 990, 1000],
      ["bytes=-5", 995, 1000],
      ["bytes=900-5000", 900, 1000],
    ];
    for (const [range, start, end] of ranges) {
      const part = await fetch(url, { headers: { range } });
      expect(part.status).toBe(206);
      expect(part.headers.get("content-range"))
        .toBe(`bytes ${start}-${end - 1}/1000`);
      expect(new Uint8Array(await part.arrayBuffer()))
        .toEqual(bytes.slice(start, end));
    }
    const beyond = await fetch(url, { headers: { range: "bytes=1000-" } });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get("content-range")).toBe("bytes */1000");

    const head = await fetch(url, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(head.headers.get("content-length")).toBe("1000");
    const known = await fetch(url, {
      headers: { "if-none-match": head.headers.get("etag")! },
    });
    expect(known.status).toBe(304);
  });

  test("names the file to save when asked", async () => {
    const disposition = async (download: string | boolean) => {
      const response = await fetch(await signed({ download }));
      await response.body?.cancel();
      return response.headers.get("content-disposition");
    };
    expect(await disposition(true)).toBe("attachment;");
    expect(await disposition("My report.pdf")).toBe(
      "attachment; filename=My%20report.pdf; filename*=UTF-8''My%20report.pdf;",
    );
  });

  test("is made only for files that the signer sees, one or many", async () => {
    const ann = (await storage.signedIn(ANN)).storage.from("files");
    const many = await ann.createSignedUrls([name, path("missing.pdf")], 60);
    expect(many.data!.map((entry) => [entry.path, entry.error])).toEqual([
      [name, null],
      [
        path("missing.pdf"),
        "Either the object does not exist or you do not have access to it",
      ],
    ]);
    const response = await fetch(many.data![0].signedUrl!);
    expect((await response.arrayBuffer()).byteLength).toBe(1000);

    const ben = (await storage.signedIn(BEN)).storage.from("files");
    const hidden = await ben.createSignedUrls([name], 60);
    expect(hidden.data![0].signedUrl).toBeNull();
    expect((await ben.createSignedUrl(name, 60)).error)
      .toMatchObject({ statusCode: "404" });
  });

  test("is refused when expired, forged or for another key", async () => {
    const url = new URL(await signed());
    const token = url.searchParams.get("token")!;
    const { jwtSecret } = storage.keys;
    const refused = [
      await resigned(token, { exp: 1 }, jwtSecret),
      await resigned(token, {}, "another secret"),
      await resigned(token, { url: `files/${path("x.pdf")}` }, jwtSecret),
      (await uploadUrl("y.pdf")).token,
      "",
    ];
    for (const forged of refused) {
      url.searchParams.set("token", forged);
      const response = await fetch(url);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ statusCode: "400" });
    }
    const once = await serviceFiles().createSignedUrl(name, 0);
    expect(once.error).toMatchObject({ code: "InvalidParameter" });
  });
});
