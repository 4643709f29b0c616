import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, it } from "vitest";
import { createUser, newPdf, register, type Registered, stack, upload, type User, waitFor } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/**
 * Storage as hosted: it checks names late, and not for dot segments. Row-level security and the migrations' comparisons
 * alone decide who owns a file.
 */
const sql = useDatabase();
const api = `${stack.url}/storage/v1`;
let ann: User;
let ben: User;
/** Ann's document that awaits its upload, and her complete one. */
let waiting: Registered;
let complete: Registered;
let bytesOfWaiting: Uint8Array;

beforeAll(async () => {
  [ann, ben] = await Promise.all([createUser(), createUser()]);
  bytesOfWaiting = await newPdf();
  complete = await upload(ann);
  const registered = await register(ann, bytesOfWaiting);
  expect(registered.status).toBe(200);
  waiting = registered.body;
  await waitFor(ann, complete.document_id, ["complete"]);
});

/** The path of the document's upload. */
async function rawPath({ document_id }: Registered): Promise<string> {
  const [row] = await sql`
    select raw_path from upload_pipeline.documents where document_id = ${document_id}`;
  return row.raw_path;
}

/** The path of its file after verification. */
async function originalPath({ document_id }: Registered): Promise<string> {
  const [row] = await sql`
    select original_path from upload_pipeline.documents where document_id = ${document_id}`;
  return row.original_path;
}

/** Ann's state: each file with its version, and the status of her documents. */
async function stateOfAnn(): Promise<unknown> {
  return await sql`
    select name, version, null as status from storage.objects where name like ${`%${ann.id}%`}
    union all
    select document_id::text, null, status from upload_pipeline.upload_jobs where user_id = ${ann.id}
    order by 1`;
}

interface Answer {
  status: number;
  // deno-lint-ignore no-explicit-any
  body: any;
}

async function ask(
  user: User,
  method: string,
  route: string,
  { body, headers = {} }: { body?: BodyInit; headers?: HeadersInit } = {},
): Promise<Answer> {
  const answer = await fetch(`${api}${route}`, {
    method,
    body,
    headers: {
      apikey: stack.publishableKey,
      authorization: `Bearer ${user.token}`,
      ...headers,
    },
  });
  const text = await answer.text();
  const json = answer.headers.get("content-type")?.includes("json");
  return { status: answer.status, body: json ? JSON.parse(text) : text };
}

const json = (value: unknown) => ({
  body: JSON.stringify(value),
  headers: { "content-type": "application/json" },
});
const pdf = (headers = {}) => ({
  body: Buffer.from(bytesOfWaiting),
  headers: { "content-type": "application/pdf", ...headers },
});

/** A request to begin a resumable upload under this name. */
const resumable = (name: string) => ({
  headers: {
    "tus-resumable": "1.0.0",
    "upload-length": String(bytesOfWaiting.length),
    "upload-metadata": Object.entries({
      bucketName: "files",
      objectName: name,
      contentType: "application/pdf",
    }).map(([key, value]) => `${key} ${Buffer.from(value).toString("base64")}`)
      .join(","),
  },
});

/** URL spellings of a path that climbs from Ben's folder to this one. */
function climbing(path: string): string[] {
  const dots = ["..%2F..%2F..%2F", "%2e%2e%2F%2e%2e%2F%2e%2e%2F", "..%2f.%2f"];
  return [
    ...dots.map((up) => `user/${ben.id}/raw/${up}${path}`),
    `..%2Ffiles%2F${path}`,
    `user%2F%2F${path.slice("user/".length)}`,
    `%2F${path}`,
    `.%2F${path}`,
    `user/${ben.id}%2F..%2F${path.slice("user/".length)}`,
    path,
    path.replaceAll("/", "%2F"),
  ];
}

const DENIED = "new row violates row-level security policy";

describe("a key that leads to another user's folder", () => {
  it("is refused by row-level security in every spelling and operation", async () => {
    const before = await stateOfAnn();
    const targets = [
      await rawPath(waiting),
      await rawPath(complete),
      await originalPath(complete),
    ];
    for (const target of targets) {
      for (const key of climbing(target)) {
        const attempts: [string, string, RequestInit][] = [
          ["POST", `/object/files/${key}`, pdf()],
          ["POST", `/object/files/${key}`, pdf({ "x-upsert": "true" })],
          ["PUT", `/object/files/${key}`, pdf()],
          ["POST", `/object/upload/sign/files/${key}`, {}],
          ["POST", `/object/upload/sign/files/${key}`, {
            headers: { "x-upsert": "true" },
          }],
        ];
        for (const [method, route, init] of attempts) {
          const { status, body } = await ask(
            ben,
            method,
            route,
            init as { body?: BodyInit; headers?: HeadersInit },
          );
          expect([method, route, status, body]).toEqual([method, route, 400, {
            statusCode: "403",
            code: "AccessDenied",
            error: "Unauthorized",
            message: DENIED,
          }]);
        }
        const created = await ask(
          ben,
          "POST",
          "/upload/resumable",
          resumable(decodeURIComponent(key)),
        );
        expect([key, created.status, String(created.body).trim()])
          .toEqual([key, 403, DENIED]);
      }
    }
    expect(await stateOfAnn()).toEqual(before);
  });

  it("shows, signs, moves, copies and removes nothing", async () => {
    const before = await stateOfAnn();
    const path = await originalPath(complete);
    for (const key of climbing(path)) {
      const name = decodeURIComponent(key);
      const source = { bucketId: "files", sourceKey: name };
      const mine = `user/${ben.id}/raw/mine.pdf`;
      const missing = { statusCode: "404", code: "NoSuchKey" };
      for (
        const [method, route, init] of [
          ["GET", `/object/files/${key}`, {}],
          ["GET", `/object/authenticated/files/${key}`, {}],
          ["GET", `/object/info/files/${key}`, {}],
          ["POST", `/object/sign/files/${key}`, json({ expiresIn: 60 })],
          ["POST", "/object/move", json({ ...source, destinationKey: mine })],
          ["POST", "/object/copy", json({ ...source, destinationKey: mine })],
        ] as const
      ) {
        const { status, body } = await ask(ben, method, route, init);
        expect([method, route, name, status, body])
          .toEqual([
            method,
            route,
            name,
            400,
            expect.objectContaining(missing),
          ]);
      }
      const deleted = await ask(ben, "DELETE", `/object/files/${key}`);
      // Storage reveals that a file exists and may not be deleted; not its owner.
      expect([key, deleted.status, deleted.body.code])
        .toEqual([key, 400, name === path ? "AccessDenied" : "NoSuchKey"]);
      const many = await ask(
        ben,
        "POST",
        "/object/sign/files",
        json({ expiresIn: 60, paths: [name] }),
      );
      expect(many.body).toMatchObject([{ signedURL: null }]);
      const removed = await ask(
        ben,
        "DELETE",
        "/object/files",
        json({ prefixes: [name] }),
      );
      expect(removed).toEqual({ status: 200, body: [] });
      for (const prefix of [name, name.replace(/[^/]*$/, "")]) {
        const listed = await ask(
          ben,
          "POST",
          "/object/list/files",
          json({ prefix }),
        );
        expect([prefix, listed.body]).toEqual([prefix, []]);
      }
    }
    expect(await stateOfAnn()).toEqual(before);
  });

  it("is refused as the target of the user's own file", async () => {
    const own = await upload(ben);
    await waitFor(ben, own.document_id, ["complete"]);
    const sourceKey = await originalPath(own);
    const before = await stateOfAnn();
    for (const key of climbing(await rawPath(waiting))) {
      const route = {
        bucketId: "files",
        sourceKey,
        destinationKey: decodeURIComponent(key),
      };
      for (const action of ["move", "copy"]) {
        const { status, body } = await ask(
          ben,
          "POST",
          `/object/${action}`,
          json(route),
        );
        expect([key, action, status]).toEqual([key, action, 400]);
        // For an update, a row that no policy permits does not exist.
        expect(["403", "404"]).toContain(body.statusCode);
      }
    }
    expect(await stateOfAnn()).toEqual(before);
  });
});

describe("the migrations, without Storage in front", () => {
  it("refuse to insert, move or find a row by such a name", async () => {
    const before = await stateOfAnn();
    const path = await rawPath(waiting);
    // Also names that Storage would never store: double encoding and backslashes.
    const names = [
      ...climbing(path).flatMap((key) => [key, decodeURIComponent(key)]),
      `user/${ben.id}/..%252F${path}`,
      `user\\${ben.id}\\..\\..\\${path}`,
      `user/${ben.id}/raw/../../../${path}`,
      `${path}/`,
      `${path}%00`,
      path.toUpperCase(),
    ];
    for (const name of new Set(names)) {
      const refused = sql.begin(async (tx) => {
        await asBen(tx);
        await tx`
          insert into storage.objects (bucket_id, name, metadata) values ('files', ${name}, '{"size": 1}')`;
      });
      await expect(refused, name).rejects.toMatchObject({ code: "42501" });
      const moved = await sql.begin(async (tx) => {
        await asBen(tx);
        return await tx`
          update storage.objects set metadata = '{"size": 7}' where name = ${name} returning name`;
      });
      expect([name, moved]).toEqual([name, []]);
    }
    const seen = await sql.begin(async (tx) => {
      await asBen(tx);
      return await tx`
        select name from storage.objects where name like ${`%${ann.id}%`}`;
    });
    expect(seen).toEqual([]);
    expect(await stateOfAnn()).toEqual(before);
  });

  it("accept a file for a document only under the exact registered name", async () => {
    const path = await rawPath(waiting);
    const names = climbing(path).map(decodeURIComponent)
      .filter((name) => name !== path);
    // Only Storage itself could write these rows.
    const metadata = {
      size: bytesOfWaiting.length,
      mimetype: "application/pdf",
    };
    await sql`
      insert into storage.objects (bucket_id, name, metadata)
      select 'files', name, ${sql.json(metadata)} from unnest(${names}::text[]) name
      on conflict do nothing`;
    await sql`select pipeline_internal.reconcile()`;
    const [job] = await sql`
      select status from upload_pipeline.upload_jobs where job_id = ${waiting.job_id}`;
    expect(job.status).toBe("awaiting_upload");
    await sql.begin(async (tx) => {
      await tx`select set_config('storage.allow_delete_query', 'true', true)`;
      await tx`delete from storage.objects where name = any(${names})`;
    });
  });
});

/** Makes the transaction Ben's, as Storage begins one. */
async function asBen(tx: { unsafe(sql: string): PromiseLike<unknown> }) {
  const claims = JSON.stringify({ role: "authenticated", sub: ben.id });
  await tx.unsafe(`
    select set_config('request.jwt.claims', '${claims}', true),
      set_config('request.jwt.claim.sub', '${ben.id}', true),
      set_config('role', 'authenticated', true)`);
}

describe("a signed upload URL", () => {
  it("answers as hosted does, and names what is missing without its token", async () => {
    const put = (url: string) =>
      fetch(url, {
        method: "PUT",
        headers: { "content-type": "application/pdf" },
        body: Buffer.from(bytesOfWaiting),
      });
    const tokenless = await put(waiting.signed_url.split("?")[0]);
    expect(tokenless.status).toBe(400);
    expect(await tokenless.json()).toEqual({
      statusCode: "400",
      code: "InvalidRequest",
      error: "Error",
      message: "querystring must have required property 'token'",
    });
    // The token is for one exact name; equivalent names of a file system are different ones.
    const { origin, pathname, search } = new URL(waiting.signed_url);
    const file = pathname.split("/").pop()!;
    const detour = pathname.replace(file, `x%2F..%2F${file}`);
    const elsewhere = await put(`${origin}${detour}${search}`);
    expect(await elsewhere.json()).toMatchObject({ code: "InvalidSignature" });

    const answer = await put(waiting.signed_url);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      Key: `files/${await rawPath(waiting)}`,
    });
    await waitFor(ann, waiting.document_id, ["complete"]);
  });
});
