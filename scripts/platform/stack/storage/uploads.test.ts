import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ANN, BEN } from "../testing/test_users.ts";
import { MAX_FILE_BYTES, MIB, startStorageUnderTest, type StorageUnderTest } from "./testing/storage_under_test.ts";

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

/** Types of request, and how their bodies begin. */
const BEGINNINGS = [
  ["application/pdf", ""],
  [
    "multipart/form-data; boundary=x",
    '--x\r\ncontent-disposition: form-data; name=""; filename="a.pdf"\r\n' +
    "content-type: application/pdf\r\n\r\n",
  ],
];

/** A body that begins so and never ends, in chunks of 64 KiB. */
function endless(
  start: string,
  millisecondsBetween: number,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(start));
    },
    async pull(controller) {
      controller.enqueue(new Uint8Array(64 * 1024));
      await new Promise((resolve) => setTimeout(resolve, millisecondsBetween));
    },
  });
}

describe("an upload", () => {
  test("is stored byte for byte, as a form, as raw bytes and as a stream", async () => {
    const files = await filesOf(ANN);
    const bytes = bytesOf(300_000);
    const ways = {
      "form.pdf": new Blob([bytes], { type: "application/pdf" }),
      "raw.pdf": bytes,
      "stream.pdf": new Blob([bytes]).stream(),
    };
    for (const [name, body] of Object.entries(ways)) {
      const path = ownFile(name);
      const uploaded = await files.upload(path, body, PDF);
      expect(uploaded.error).toBeNull();
      expect(uploaded.data).toMatchObject({ path, fullPath: `files/${path}` });

      const downloaded = await files.download(path);
      expect(downloaded.error).toBeNull();
      expect(downloaded.data!.type).toBe("application/pdf");
      expect(new Uint8Array(await downloaded.data!.arrayBuffer()))
        .toEqual(bytes);
    }
  });

  test("keeps its size, type, cache time and own metadata", async () => {
    const files = await filesOf(ANN);
    const path = ownFile("described.pdf");
    for (
      const body of [
        bytesOf(1234),
        new Blob([bytesOf(1234)], { type: "application/pdf" }),
      ]
    ) {
      const { error } = await files.upload(path, body, {
        ...PDF,
        upsert: true,
        cacheControl: "60",
        metadata: { pages: 3 },
      });
      expect(error).toBeNull();
      const info = await files.info(path);
      expect(info.data).toMatchObject({
        size: 1234,
        contentType: "application/pdf",
        cacheControl: "max-age=60",
        metadata: { pages: 3 },
      });
    }
  });

  test("is refused as a duplicate without upsert, and replaces the bytes with it", async () => {
    const files = await filesOf(ANN);
    const path = ownFile("twice.pdf");
    await files.upload(path, bytesOf(10), PDF);
    const first = await versionOf(path);

    const again = await files.upload(path, bytesOf(20), PDF);
    expect(again.error).toMatchObject({
      status: 400,
      statusCode: "409",
      message: "The resource already exists",
    });
    expect(await versionOf(path)).toBe(first);

    const replaced = await files.upload(path, bytesOf(30), {
      ...PDF,
      upsert: true,
    });
    expect(replaced.error).toBeNull();
    expect((await files.download(path)).data!.size).toBe(30);
    const { versions } = await storage.filesOnDisk();
    expect(versions).toContain(await versionOf(path));
    expect(versions).not.toContain(first);
  });

  test("leaves only the bytes that the row names when many write one name at once", async () => {
    const files = await filesOf(ANN);
    const before = (await storage.filesOnDisk()).versions.length;
    for (let round = 1; round <= 5; round++) {
      const path = ownFile(`contested ${round}.pdf`);
      const sizes = Array.from({ length: 10 }, (_, index) => 100 + index);
      await Promise.all(
        sizes.map((size) => files.upload(path, bytesOf(size), { ...PDF, upsert: true })),
      );
      const info = await files.info(path);
      expect((await files.download(path)).data!.size).toBe(info.data!.size);
      const { versions, incoming } = await storage.filesOnDisk();
      expect(versions).toContain(await versionOf(path));
      expect(versions.length).toBe(before + round);
      expect(incoming).toEqual([]);
    }
  });

  test("is refused for another type, an unknown bucket or an invalid name", async () => {
    const files = await filesOf(ANN);
    const png = await files.upload(ownFile("x.png"), bytesOf(9), {
      contentType: "image/png",
    });
    expect(png.error).toMatchObject({
      status: 400,
      statusCode: "415",
      message: "mime type image/png is not supported",
    });
    const noBucket = await storage.service.storage.from("nowhere")
      .upload("a.pdf", bytesOf(1), PDF);
    expect(noBucket.error).toMatchObject({
      statusCode: "404",
      message: "Bucket not found",
    });
    for (const name of ["schlüssel.pdf", "a%5Cb.pdf", "a%252Fb.pdf"]) {
      const bad = await serviceFiles().upload(name, bytesOf(1), PDF);
      expect(bad.error, name).toMatchObject({ code: "InvalidKey" });
    }
  });

  test("keeps a name with dots as it is, and lets row-level security decide whose it is", async () => {
    const ann = (await storage.signedIn(ANN)).storage.from("files");
    const climbing = `user/${ANN}/..%2F${BEN}/raw/dots.pdf`;
    const name = `user/${ANN}/../${BEN}/raw/dots.pdf`;
    const denied = {
      statusCode: "403",
      message: "new row violates row-level security policy",
    };
    // By the policy of these tests it is Ann's folder, whatever a file system would make of it.
    expect((await ann.upload(climbing, bytesOf(3), PDF)).error).toBeNull();
    const [row] = await storage.sql`
      select owner_id from storage.objects where name = ${name}`;
    expect(row.owner_id).toBe(ANN);
    const own = await serviceFiles().exists(`user/${BEN}/raw/dots.pdf`);
    expect(own.data).toBe(false);
    const read = await ann.download(climbing);
    expect(read.data!.size).toBe(3);
    expect((await ann.remove([name])).data).toHaveLength(1);

    for (
      const others of [
        `..%2Fuser/${ANN}/x.pdf`,
        `user/..%2F${ANN}/x.pdf`,
        `user%2F%2F${ANN}/x.pdf`,
        `user/${BEN}/..%2F${ANN}/x.pdf`,
        `user/${BEN}/%2e%2e%2F${ANN}/x.pdf`,
      ]
    ) {
      expect((await ann.upload(others, bytesOf(3), PDF)).error, others)
        .toMatchObject(denied);
      expect((await ann.createSignedUploadUrl(others)).error, others)
        .toMatchObject(denied);
    }
    // A user with the right may sign a name that cannot be stored; the PUT refuses it.
    const signed = await ann.createSignedUploadUrl(`user/${ANN}/a%5Cb.pdf`);
    expect(signed.error).toBeNull();
    const put = await ann.uploadToSignedUrl(
      `user/${ANN}/a%5Cb.pdf`,
      signed.data!.token,
      bytesOf(1),
      PDF,
    );
    expect(put.error).toMatchObject({ code: "InvalidKey" });
  });
});

test("refuses a form that is cut off, has no file or no boundary", async () => {
  const send = async (type: string, body: string) => {
    const response = await fetch(
      `${storage.url}/storage/v1/object/files/${ownFile("broken.pdf")}`,
      {
        method: "POST",
        headers: { apikey: storage.keys.secretKey, "content-type": type },
        body,
      },
    );
    expect(response.status).toBe(400);
    return await response.json();
  };
  const part = (disposition: string) => `--x\r\ncontent-disposition: form-data; ${disposition}\r\n\r\nabc`;
  const file = part('name="file"; filename="a.pdf"');
  const unreadable = { message: "The form could not be read" };
  expect(await send("multipart/form-data; boundary=x", file))
    .toMatchObject(unreadable);
  expect(await send("multipart/form-data", file)).toMatchObject(unreadable);
  const fieldOnly = part('name="cacheControl"') + "\r\n--x--\r\n";
  expect(await send("multipart/form-data; boundary=x", fieldOnly))
    .toMatchObject({ message: "No content provided" });
  expect((await storage.filesOnDisk()).incoming).toEqual([]);
});

describe("the size limit", () => {
  const tooLarge = {
    statusCode: "413",
    error: "Payload too large",
    message: "The object exceeded the maximum allowed size",
  };

  /** A body without a content-length, sent in chunks. */
  const chunked = (size: number) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let sent = 0; sent < size; sent += MIB) {
          controller.enqueue(new Uint8Array(Math.min(MIB, size - sent)));
        }
        controller.close();
      },
    });

  const send = async (body: BodyInit, headers: Record<string, string> = {}) =>
    await fetch(
      `${storage.url}/storage/v1/object/files/${ownFile("big.pdf")}`,
      {
        method: "POST",
        headers: {
          authorization: `Bearer ${await storage.userToken(ANN)}`,
          ...headers,
        },
        body,
      },
    );

  test("counts announced bytes, chunked bytes and bytes within a form", async () => {
    const form = new FormData();
    form.append("cacheControl", "60");
    form.append(
      "",
      new Blob([new Uint8Array(8 * MIB + 1)], { type: "application/pdf" }),
      "big.pdf",
    );
    const attempts = [
      send(new Uint8Array(8 * MIB + 1), { "content-type": "application/pdf" }),
      send(chunked(8 * MIB + 1), { "content-type": "application/pdf" }),
      send(form),
    ];
    for (const attempt of attempts) {
      const response = await attempt;
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject(tooLarge);
    }
    expect(await versionOf(ownFile("big.pdf"))).toBeUndefined();
    expect((await storage.filesOnDisk()).incoming).toEqual([]);
  });

  test("is the server's when the bucket has none", async () => {
    await storage.service.storage.createBucket("unlimited");
    const { error } = await storage.service.storage.from("unlimited")
      .upload("big.bin", new Uint8Array(MAX_FILE_BYTES + 1));
    expect(error).toMatchObject({ statusCode: "413" });
  });

  test("ends an upload that never ends", async () => {
    for (const [type, start] of BEGINNINGS) {
      const response = await send(endless(start, 1), { "content-type": type });
      expect(await response.json()).toMatchObject(tooLarge);
    }
    expect((await storage.filesOnDisk()).incoming).toEqual([]);
  });

  test("accepts exactly the limit", async () => {
    const response = await send(chunked(8 * MIB), {
      "content-type": "application/pdf",
    });
    expect(response.status).toBe(200);
    await response.body?.cancel();
    expect((await (await filesOf(ANN)).info(ownFile("big.pdf"))).data!.size)
      .toBe(8 * MIB);
  });
});

describe("a trigger on storage.objects", () => {
  beforeAll(async () => {
    await storage.sql.unsafe(`
      create table public.seen (at bigint generated always as identity, op text, name text, size text);
      create sequence public.fired;
      grant usage on sequence public.fired to public;
      create function public.see() returns trigger language plpgsql security definer set search_path = '' as $$
      begin
        perform nextval('public.fired');
        if new.name like '%refused%' and new.metadata ? 'size' then
          raise exception 'this file is refused';
        end if;
        insert into public.seen (op, name, size) values (tg_op, new.name, new.metadata->>'size');
        return new;
      end $$;
      create trigger see after insert or update on storage.objects for each row execute function public.see();`);
  });
  afterEach(async () => {
    await storage.sql`truncate public.seen`;
    await storage.sql`alter sequence public.fired restart`;
  });
  afterAll(async () => {
    await storage.sql`drop trigger see on storage.objects`;
  });

  const fired = async () => {
    const [row] = await storage.sql<{ count: number }[]>`
      select case when is_called then last_value else 0 end::int as count from public.fired`;
    return row.count;
  };
  const seen = () => storage.sql`select op, name, size from public.seen order by at`;

  test("fires for the permission check, which leaves nothing, and for the upload, which has a size", async () => {
    const path = ownFile("triggered.pdf");
    await (await filesOf(ANN)).upload(path, bytesOf(77), PDF);
    expect(await fired()).toBe(2);
    expect(await seen()).toEqual([{ op: "INSERT", name: path, size: "77" }]);
  });

  test("sees an overwrite as an update", async () => {
    const path = ownFile("triggered.pdf");
    await (await filesOf(ANN))
      .upload(path, bytesOf(88), { ...PDF, upsert: true });
    expect(await seen()).toEqual([{ op: "UPDATE", name: path, size: "88" }]);
  });

  test("leaves neither row nor bytes when it refuses the row", async () => {
    const before = await storage.filesOnDisk();
    const path = ownFile("refused.pdf");
    const { error } = await (await filesOf(ANN))
      .upload(path, bytesOf(99), PDF);
    expect(error).toMatchObject({ message: "this file is refused" });
    expect(storage.takeErrors()).toMatchObject([{ code: "DatabaseError" }]);
    expect(await fired()).toBe(2);
    expect(await versionOf(path)).toBeUndefined();
    expect(await storage.filesOnDisk()).toEqual(before);
  });
});

test("answers a failing disk with a server error", async () => {
  await Deno.rename(`${storage.dir}/incoming`, `${storage.dir}/elsewhere`);
  try {
    const blob = new Blob([bytesOf(10)], { type: "application/pdf" });
    for (const body of [blob, bytesOf(10)]) {
      const { error } = await serviceFiles()
        .upload(ownFile("lost.pdf"), body, PDF);
      expect(error).toMatchObject({ status: 500, code: "InternalError" });
      expect(storage.takeErrors()).toMatchObject([{ code: "ENOENT" }]);
    }
  } finally {
    await Deno.rename(`${storage.dir}/elsewhere`, `${storage.dir}/incoming`);
  }
});

describe("uploads cut off", () => {
  test("leave nothing when the client disconnects", async () => {
    const before = await storage.filesOnDisk();
    for (const [type, start] of BEGINNINGS) {
      const gone = new AbortController();
      const sending = fetch(
        `${storage.url}/storage/v1/object/files/${ownFile("gone.pdf")}`,
        {
          method: "POST",
          headers: { apikey: storage.keys.secretKey, "content-type": type },
          body: endless(start, 20),
          signal: gone.signal,
        },
      );
      await expect.poll(async () => (await storage.filesOnDisk()).incoming)
        .toHaveLength(1);
      gone.abort();
      await expect(sending).rejects.toThrow();
      await expect.poll(() => storage.filesOnDisk()).toEqual(before);
    }
  });

  test("are swept at the next start after a crash, except those with a row", async () => {
    const path = ownFile("kept.pdf");
    await serviceFiles().upload(path, bytesOf(12), { ...PDF, upsert: true });
    const orphan = crypto.randomUUID();
    const shelf = `${storage.dir}/objects/${orphan.slice(0, 2)}`;
    await Deno.mkdir(shelf, { recursive: true });
    await Deno.writeTextFile(`${shelf}/${orphan}`, "no row names these bytes");
    await Deno.writeTextFile(`${storage.dir}/incoming/half`, "half a file");

    await storage.restart();
    const { versions, incoming } = await storage.filesOnDisk();
    expect(versions).not.toContain(orphan);
    expect(versions).toContain(await versionOf(path));
    expect(incoming).toEqual([]);
    expect((await serviceFiles().download(path)).data!.size).toBe(12);
  });
});
