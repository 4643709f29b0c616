import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EICAR } from "../../functions/_providers/testing/fake_clamd.ts";
import { withEveryOption } from "./every_option.ts";
import {
  call,
  createUser,
  ENDED,
  eventually,
  newPdf,
  register,
  type Registered,
  stack,
  upload,
  type User,
  waitFor,
  waitUntilIdle,
} from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

/**
 * A signed upload URL is valid for two hours, whatever happens to its document. At every status, every way to put bytes
 * into Storage is tried: only verified bytes are ever served.
 */
const sql = useIdleStack();
withEveryOption();
const storage = `${stack.url}/storage/v1`;
const evil = Buffer.from(`%PDF-1.4\n${EICAR}`);
let user: User;
/** A complete document, whose bytes are copied and moved over the tested one's. */
let other: Registered;

beforeAll(async () => {
  user = await createUser();
  other = await upload(user);
  await waitFor(user, other.document_id, ["complete"]);
});
afterAll(async () => {
  for (const stage of ["parse", "fetch_result", "chunk", "embed"]) {
    await open(stage);
  }
  await waitUntilIdle(sql);
});

const hold = (stage: string) => sql`select pipeline_internal.pause_stage(${stage}, 'content is swapped')`;
const open = (stage: string) => sql`select pipeline_internal.resume_stage(${stage})`;

async function pathsOf(document_id: string) {
  const [paths] = await sql<{ raw_path: string; original_path: string }[]>`
    select raw_path, original_path from upload_pipeline.documents where document_id = ${document_id}`;
  return paths;
}

const own = () => ({
  apikey: stack.publishableKey,
  authorization: `Bearer ${user.token}`,
});

/** Begins a resumable upload and sends all of it. */
async function tus(url: string, path: string, headers: HeadersInit) {
  const metadata = {
    bucketName: "files",
    objectName: path,
    contentType: "application/pdf",
  };
  const begun = await fetch(url, {
    method: "POST",
    headers: {
      ...headers,
      "tus-resumable": "1.0.0",
      "x-upsert": "true",
      "upload-length": String(evil.length),
      "upload-metadata": Object.entries(metadata).map(([key, value]) =>
        `${key} ${Buffer.from(value).toString("base64")}`
      ).join(","),
    },
  });
  const location = begun.headers.get("location");
  await begun.body?.cancel();
  if (!location) return begun;
  return await fetch(new URL(location, url), {
    method: "PATCH",
    headers: {
      ...headers,
      "tus-resumable": "1.0.0",
      "upload-offset": "0",
      "content-type": "application/offset+octet-stream",
    },
    body: evil,
  });
}

/** Tries every way to put bytes at a path, with signed URLs and with the user's token. */
async function swap(document_id: string, signedUrls: string[], bytes = evil) {
  const { raw_path, original_path } = await pathsOf(document_id);
  const pdf = { "content-type": "application/pdf" };
  const send = (url: string, method: string, headers: HeadersInit) =>
    fetch(url, { method, headers: { ...pdf, ...headers }, body: bytes });
  const answers: Response[] = [];
  for (const url of signedUrls) {
    const token = new URL(url).searchParams.get("token")!;
    answers.push(await send(url, "PUT", {}));
    answers.push(
      await tus(`${storage}/upload/resumable/sign`, raw_path, {
        "x-signature": token,
      }),
    );
    // The signed URL does not hold for the served path.
    const elsewhere = url.replace(raw_path, original_path);
    answers.push(await send(elsewhere, "PUT", {}));
  }
  const { original_path: source } = await pathsOf(other.document_id);
  for (const path of [raw_path, original_path]) {
    const url = `${storage}/object/files/${path}`;
    answers.push(await send(url, "POST", { ...own(), "x-upsert": "true" }));
    answers.push(await send(url, "PUT", own()));
    answers.push(
      await fetch(`${storage}/object/upload/sign/files/${path}`, {
        method: "POST",
        headers: { ...own(), "x-upsert": "true" },
      }),
    );
    answers.push(await tus(`${storage}/upload/resumable`, path, own()));
    for (const action of ["copy", "move"]) {
      answers.push(
        await fetch(`${storage}/object/${action}`, {
          method: "POST",
          headers: {
            ...own(),
            "content-type": "application/json",
            "x-upsert": "true",
          },
          body: JSON.stringify({
            bucketId: "files",
            sourceKey: source,
            destinationKey: path,
          }),
        }),
      );
    }
    answers.push(
      await fetch(url, { method: "DELETE", headers: own() }),
    );
  }
  await Promise.all(answers.map((answer) => answer.body?.cancel()));
  return answers.map(({ status }) => status);
}

/** The original as served: its bytes, or the error code. */
async function givenOut(document_id: string): Promise<Uint8Array | string> {
  const { status, body } = await call(
    `/api/documents/${document_id}/download`,
    { user },
  );
  const exported = await exportedLink(document_id);
  if (status !== 200) {
    expect([status, exported]).toEqual([409, null]);
    return body.error.code;
  }
  const bytes = await fetched(body.url);
  expect(await fetched(exported!)).toEqual(bytes);
  return bytes;
}

async function fetched(url: string): Promise<Uint8Array> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return new Uint8Array(await answer.arrayBuffer());
}

async function exportedLink(document_id: string): Promise<string | null> {
  const { body } = await call("/api/account/export", { user });
  const lines = String(body).trim().split("\n").map((line) => JSON.parse(line));
  return lines.find((line) => line.type === "document" && line.document_id === document_id).files.original;
}

/** Expects that no user can read the upload path, and that its file is removed. */
async function expectNothingLeftToRead(document_id: string) {
  const { raw_path } = await pathsOf(document_id);
  const files = user.client.storage.from("files");
  expect((await files.download(raw_path)).data).toBeNull();
  expect((await files.createSignedUrl(raw_path, 60)).data).toBeNull();
  await eventually(async () => {
    await sql`select pipeline_internal.sweep()`;
    const left = await sql`select from storage.objects where name = ${raw_path}`;
    return left.length === 0;
  }, "the removal of what was sent too late");
}

describe("verified bytes", () => {
  let bytes: Uint8Array;
  let document_id: string;
  let job_id: string;
  const signedUrls: string[] = [];

  beforeAll(async () => {
    bytes = await newPdf();
    signedUrls.push((await register(user, bytes)).body.signed_url);
    await hold("fetch_result");
    const registered = await upload(user, bytes);
    signedUrls.push(registered.signed_url);
    ({ document_id, job_id } = registered);
  });

  it.each([
    ["parse_queued", "chunk", "fetch_result"],
    ["parse_validated", "embed", "chunk"],
    ["embedding_queued", null, "embed"],
    ["complete", null, null],
  ])("are served after a swap at %s", async (status, next, held) => {
    await waitFor(user, document_id, [status]);
    await swap(document_id, signedUrls);
    expect(await givenOut(document_id)).toEqual(bytes);
    await expectNothingLeftToRead(document_id);
    if (next) await hold(next);
    if (held) await open(held);
  });

  it("are reparsed, even after twenty megabytes replaced the upload", async () => {
    await waitFor(user, document_id, ["complete"]);
    const large = Buffer.alloc(20 * 1024 * 1024, evil);
    await swap(document_id, signedUrls.slice(0, 1), large);
    await hold("parse");
    const reparsed = await call(`/api/documents/${document_id}/reparse`, {
      method: "POST",
      user,
      json: {},
    });
    expect(reparsed.status).toBe(202);
    await waitFor(user, document_id, ["uploaded"]);
    await swap(document_id, signedUrls);
    await open("parse");
    const status = await waitFor(user, document_id, ENDED);
    expect([status.status, status.last_error]).toEqual(["complete", undefined]);
    expect(await givenOut(document_id)).toEqual(bytes);
    await expectNothingLeftToRead(document_id);
  });

  it("are served after a later stage failed, and after a retry", async () => {
    await sql`
      update upload_pipeline.upload_jobs set status = 'parse_validated', state = 'queued', finished_at = null,
        stage = 'chunk', message_id = 0 where job_id = ${job_id}`;
    await sql`
      update upload_pipeline.upload_jobs set status = 'failed_chunking', state = 'deadletter', finished_at = now(),
        stage = null, message_id = null, last_error = '{"code": "ATTEMPTS_EXHAUSTED", "message": "", "stage": "chunk"}'
      where job_id = ${job_id}`;
    await swap(document_id, signedUrls);
    expect(await givenOut(document_id)).toEqual(bytes);
    const retried = await call(`/api/jobs/${job_id}/retry`, {
      method: "POST",
      user,
    });
    expect(retried.status).toBe(202);
    await waitFor(user, document_id, ["complete"]);
    expect(await givenOut(document_id)).toEqual(bytes);
    await expectNothingLeftToRead(document_id);
  });
});

describe("unverified bytes", () => {
  it("are never served, in any order of uploads; the announced bytes are, once they arrive", async () => {
    const bytes = await newPdf();
    await hold("parse");
    const first = await upload(user, bytes);
    const { document_id } = first;
    expect(await givenOut(document_id)).toBe("not_verified");
    await swap(document_id, [first.signed_url]);
    expect(await givenOut(document_id)).toBe("not_verified");
    await open("parse");
    const failed = await waitFor(user, document_id, ENDED);
    expect([failed.status, failed.last_error.code])
      .toEqual(["failed_parse", "SIZE_MISMATCH"]);
    expect(await givenOut(document_id)).toBe("not_verified");
    // Later uploads to the old URL belong to no document, right or wrong.
    for (const late of [evil, Buffer.from(bytes)]) {
      await swap(document_id, [first.signed_url], late);
      expect(await givenOut(document_id)).toBe("not_verified");
    }
    await expectNothingLeftToRead(document_id);

    const again = await upload(user, bytes);
    await waitFor(user, document_id, ["complete"]);
    await swap(document_id, [first.signed_url, again.signed_url]);
    expect(await givenOut(document_id)).toEqual(bytes);
    await expectNothingLeftToRead(document_id);
  });

  it("are not served when the upload never came or has expired", async () => {
    const bytes = await newPdf();
    const { document_id, signed_url } = (await register(user, bytes)).body;
    expect(await givenOut(document_id)).toBe("not_uploaded_yet");
    await sql`
      update upload_pipeline.upload_jobs set upload_expires_at = now() - interval '1 hour'
      where document_id = ${document_id}`;
    await sql`select pipeline_internal.reconcile()`;
    await waitFor(user, document_id, ["expired"]);
    await swap(document_id, [signed_url], Buffer.from(bytes));
    expect(await givenOut(document_id)).toBe("not_uploaded_yet");
    await expectNothingLeftToRead(document_id);
  });

  it("with a virus are served to no user, and their owner cannot read them in Storage", async () => {
    const bytes = Buffer.concat([
      await newPdf(),
      Buffer.from(EICAR),
    ]);
    const { document_id, signed_url } = await upload(user, bytes);
    const status = await waitFor(user, document_id, ENDED);
    expect(status.last_error.code).toBe("MALWARE_FOUND");
    await swap(document_id, [signed_url]);
    expect(await givenOut(document_id)).toBe("not_verified");
    const { original_path } = await pathsOf(document_id);
    const files = user.client.storage.from("files");
    expect((await files.download(original_path)).data).toBeNull();
    expect((await files.createSignedUrl(original_path, 60)).data).toBeNull();
    await expectNothingLeftToRead(document_id);
  });

  it("are removed when their document is deleted", async () => {
    const bytes = await newPdf();
    const { document_id, signed_url } = await upload(user, bytes);
    await waitFor(user, document_id, ["complete"]);
    await call(`/api/documents/${document_id}`, { method: "DELETE", user });
    await fetch(signed_url, {
      method: "PUT",
      headers: { "content-type": "application/pdf" },
      body: evil,
    }).then((answer) => answer.body?.cancel());
    await eventually(async () => {
      await sql`select pipeline_internal.sweep()`;
      const left = await sql`
        select from storage.objects where name like ${`%${document_id}%`}`;
      return left.length === 0;
    }, "the removal of all that was the document's");
  });
});
