import { Buffer } from "node:buffer";
import * as tus from "tus-js-client";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ANN, BEN } from "../testing/test_users.ts";
import { MIB, startStorageUnderTest, type StorageUnderTest } from "./testing/storage_under_test.ts";

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorageUnderTest();
}, 60_000);
afterEach(() => expect(storage.takeErrors()).toEqual([]));
afterAll(() => storage?.stop());

const bytes = Buffer.from(
  new Uint8Array(5 * MIB).map((_, index) => index % 251),
);
const path = (name: string, user = ANN) => `user/${user}/raw/${name}`;
const files = () => storage.service.storage.from("files");
const resumable = () => `${storage.url}/storage/v1/upload/resumable`;

const asAnn = async () => ({
  endpoint: resumable(),
  headers: {
    authorization: `Bearer ${await storage.userToken(ANN)}`,
    apikey: storage.keys.publishableKey,
  },
});
const withTicket = async (name: string) => {
  const { data } = await files().createSignedUploadUrl(path(name));
  return {
    endpoint: `${resumable()}/sign`,
    headers: { "x-signature": data!.token },
  };
};

interface Outcome {
  url: string | null;
  /** The HTTP status of the answer that ended the upload, where one failed. */
  failed?: number;
  reason?: string;
}

/** Uploads with tus-js-client to the end, or until so many bytes are acknowledged. */
function upload(
  objectName: string,
  options: tus.UploadOptions,
  stopAfter = Infinity,
  file = bytes,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const running = new tus.Upload(file, {
      chunkSize: MIB,
      retryDelays: null,
      uploadDataDuringCreation: true,
      metadata: {
        bucketName: "files",
        objectName,
        contentType: "application/pdf",
        cacheControl: "3600",
      },
      onSuccess: () => resolve({ url: running.url }),
      onError: (error) => {
        const { originalResponse } = error as tus.DetailedError;
        resolve({
          url: running.url,
          failed: originalResponse?.getStatus() ?? 0,
          reason: originalResponse?.getBody() ?? String(error),
        });
      },
      onChunkComplete: (_size, accepted) => {
        if (accepted < stopAfter) return;
        running.abort().then(() => resolve({ url: running.url }));
      },
      ...options,
    });
    running.start();
  });
}

async function expectStored(name: string) {
  const { data, error } = await files().download(path(name));
  expect(error).toBeNull();
  expect(data!.type).toBe("application/pdf");
  expect(Buffer.from(await data!.arrayBuffer()).equals(bytes)).toBe(true);
}

const unfinishedOnDisk = async () => {
  const names = [];
  for await (const entry of Deno.readDir(`${storage.dir}/resumable`)) {
    if (!entry.name.endsWith(".json")) names.push(entry.name);
  }
  return names;
};

describe("a resumable upload", () => {
  test("becomes an object when its owner or the holder of a signed URL sends it", async () => {
    expect((await upload(path("mine.pdf"), await asAnn())).failed)
      .toBeUndefined();
    await expectStored("mine.pdf");
    const [row] = await storage.sql`
      select owner_id, metadata from storage.objects where name = ${path("mine.pdf")}`;
    expect(row).toMatchObject({
      owner_id: ANN,
      metadata: { size: 5 * MIB, cacheControl: "max-age=3600" },
    });

    const ticket = await withTicket("signed.pdf");
    const signed = await upload(path("signed.pdf"), ticket);
    expect(signed.failed).toBeUndefined();
    expect(signed.url).toContain("/upload/resumable/sign/");
    await expectStored("signed.pdf");
    expect(await unfinishedOnDisk()).toEqual([]);
  });

  test("becomes an object in one request", async () => {
    const whole = { ...await asAnn(), chunkSize: Infinity };
    expect((await upload(path("whole.pdf"), whole)).failed).toBeUndefined();
    await expectStored("whole.pdf");
  });

  test("continues where it stopped when it was cut, even after a restart", async () => {
    const ticket = await withTicket("cut.pdf");
    const cut = await upload(path("cut.pdf"), ticket, 2 * MIB);
    expect((await files().exists(path("cut.pdf"))).data).toBe(false);
    await storage.restart();

    const sent: number[] = [];
    const resumed = await upload(path("cut.pdf"), {
      headers: ticket.headers,
      uploadUrl: cut.url,
      onBeforeRequest: (request) => {
        if (request.getMethod() === "PATCH") {
          sent.push(Number(request.getHeader("Upload-Offset")));
        }
      },
    });
    expect(resumed.failed).toBeUndefined();
    expect(sent).toEqual([2 * MIB, 3 * MIB, 4 * MIB]);
    await expectStored("cut.pdf");
  });

  test("reports its end when asked after it", async () => {
    const ticket = await withTicket("asked.pdf");
    const done = await upload(path("asked.pdf"), ticket);
    const answer = await fetch(done.url!, {
      method: "HEAD",
      headers: { ...ticket.headers, "tus-resumable": "1.0.0" },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("upload-offset")).toBe(String(5 * MIB));
  });

  test("is completed when the client asks again after its row was refused", async () => {
    await storage.sql.unsafe(`
      create function public.refuse() returns trigger language plpgsql set search_path = '' as $$
      begin
        if new.metadata ? 'size' then raise exception 'not now'; end if;
        return new;
      end $$;
      create trigger refuse before insert on storage.objects for each row execute function public.refuse();`);
    const ticket = await withTicket("later.pdf");
    let url: string | null = null;
    try {
      const refused = await upload(path("later.pdf"), ticket);
      expect(refused).toMatchObject({ failed: 500, reason: "not now" });
      url = refused.url;
      expect((await files().exists(path("later.pdf"))).data).toBe(false);
    } finally {
      await storage.sql`drop trigger refuse on storage.objects`;
    }
    const again = await upload(path("later.pdf"), {
      headers: ticket.headers,
      uploadUrl: url,
    });
    expect(again.failed).toBeUndefined();
    await expectStored("later.pdf");
  });

  test("is refused in another user's folder, without a token, or with a token for another file", async () => {
    expect(await upload(path("evil.pdf", BEN), await asAnn())).toMatchObject({
      failed: 403,
      reason: "new row violates row-level security policy",
    });
    const ticket = await withTicket("one.pdf");
    expect((await upload(path("two.pdf"), ticket)).failed).toBe(400);
    const unsigned = { endpoint: ticket.endpoint, headers: {} };
    expect((await upload(path("one.pdf"), unsigned)).failed).toBe(400);
    const anonymous = { endpoint: resumable(), headers: ticket.headers };
    expect((await upload(path("one.pdf"), anonymous)).failed).toBe(400);

    const cut = await upload(path("one.pdf"), ticket, MIB);
    const hijack = await upload(path("one.pdf"), {
      uploadUrl: cut.url,
      headers: (await withTicket("three.pdf")).headers,
    });
    expect(hijack.failed).toBe(400);
  });

  test("is refused above the bucket's size, of another type, and over an existing file", async () => {
    const larger = Buffer.alloc(8 * MIB + 1);
    const tooLarge = await upload(
      path("large.pdf"),
      await withTicket("large.pdf"),
      Infinity,
      larger,
    );
    expect(tooLarge).toMatchObject({
      failed: 413,
      reason: "The object exceeded the maximum allowed size",
    });
    const metadata = { bucketName: "files", objectName: path("x.png") };
    const wrongType = await upload(path("x.png"), {
      ...await withTicket("x.png"),
      metadata: { ...metadata, contentType: "image/png" },
    });
    expect(wrongType.failed).toBe(415);

    const first = await upload(path("taken.pdf"), await asAnn());
    expect(first.failed).toBeUndefined();
    const second = await upload(path("taken.pdf"), await asAnn());
    expect(second.failed).toBe(409);
    const options = await asAnn();
    const replacing = await upload(path("taken.pdf"), {
      ...options,
      headers: { ...options.headers, "x-upsert": "true" },
    });
    expect(replacing.failed).toBeUndefined();
  });

  test("cannot exceed the bucket's size when its length is unknown", async () => {
    const headers = {
      ...(await withTicket("growing.pdf")).headers,
      "tus-resumable": "1.0.0",
    };
    const encode = (text: string) => btoa(text);
    const created = await fetch(`${resumable()}/sign`, {
      method: "POST",
      headers: {
        ...headers,
        "upload-defer-length": "1",
        "upload-metadata": `bucketName ${encode("files")},objectName ${encode(path("growing.pdf"))},contentType ${
          encode("application/pdf")
        }`,
      },
    });
    expect(created.status).toBe(201);
    const grown = await fetch(created.headers.get("location")!, {
      method: "PATCH",
      headers: {
        ...headers,
        "upload-offset": "0",
        "content-type": "application/offset+octet-stream",
      },
      body: new Uint8Array(8 * MIB + 1),
    });
    expect(grown.status).toBe(413);
    await grown.body?.cancel();
  });
});

test("answers a browser's OPTIONS with the features of resumable uploads", async () => {
  const options = await fetch(resumable(), { method: "OPTIONS" });
  expect(options.status).toBe(204);
  expect(options.headers.get("tus-version")).toBe("1.0.0");
  expect(options.headers.get("tus-extension")).toContain("creation");
  expect(options.headers.get("access-control-allow-origin")).toBe("*");
});
