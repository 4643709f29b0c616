import { createClient } from "@supabase/supabase-js";
import { beforeAll, describe, expect, it } from "vitest";
import { hmacHex, jobSecret } from "../../functions/_shared/signature.ts";
import { sha256Hex } from "../../functions/_shared/hash.ts";
import { Contract } from "./contract.ts";
import { call, createUser, functionsUrl, newPdf, stack, upload, type User, waitFor } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/** The ids that identify a user's objects. */
interface Ids {
  document_id: string;
  job_id: string;
  user_id: string;
  chunk_id: string;
  /** A part of the original's file name. */
  original_id: string;
  sha256: string;
}
type Answer = { status: number; body: unknown };

const sql = useDatabase();
let ada: User;
let ben: User;
let adas: Ids;
let contract: Contract;
/** Ada's rows before any attempt. */
let before: unknown;

beforeAll(async () => {
  [ada, ben] = [await createUser(), await createUser()];
  const bytes = await newPdf();
  const registered = await upload(ada, bytes);
  await waitFor(ada, registered.document_id, ["complete"]);
  const [{ chunk_id, original_id }] = await sql`
    select chunk_id, split_part(original_path, '.', 2) as original_id
    from upload_pipeline.document_chunks join upload_pipeline.documents using (document_id)
    where document_id = ${registered.document_id} limit 1`;
  adas = {
    ...registered,
    user_id: ada.id,
    chunk_id,
    original_id,
    sha256: await sha256Hex(bytes),
  };
  contract = await Contract.read();
  before = await stateOfAda();
});

async function stateOfAda() {
  const [rows] = await sql`
    select
      (select md5(string_agg(d::text, '' order by document_id)) from upload_pipeline.documents d where user_id = ${ada.id}) as documents,
      (select md5(string_agg(j::text, '' order by job_id)) from upload_pipeline.upload_jobs j where user_id = ${ada.id}) as jobs,
      (select md5(string_agg(c::text, '' order by chunk_id)) from upload_pipeline.document_chunks c where user_id = ${ada.id}) as chunks,
      (select md5(string_agg(name || (metadata ->> 'eTag'), '' order by name)) from storage.objects where name like ${`user/${ada.id}/%`}) as objects,
      (select count(*)::int from pipeline_internal.deliveries where job_id = ${adas.job_id}) as deliveries`;
  return rows;
}

async function unknown(): Promise<Ids> {
  return {
    document_id: crypto.randomUUID(),
    job_id: crypto.randomUUID(),
    user_id: crypto.randomUUID(),
    chunk_id: crypto.randomUUID(),
    original_id: crypto.randomUUID(),
    sha256: await sha256Hex(crypto.randomUUID()),
  };
}

/** The answer without per-request values, and without the requested ids. */
function comparable({ status, body }: Answer, ids: Ids): unknown {
  let text = JSON.stringify(body ?? null);
  for (const id of Object.values(ids)) text = text.replaceAll(id, "<id>");
  return [
    status,
    text
      .replaceAll(/"(request_id|took_ms)":("[^"]*"|\d+)/g, '"$1":0')
      .replaceAll(/token=[\w.-]+/g, "token=…"),
  ];
}

/** Ben gets the same answer for Ada's objects as for unknown ones, and changes nothing. */
async function expectIndistinguishable(
  attempt: (ids: Ids) => Promise<Answer>,
  refused = true,
): Promise<void> {
  const unknownIds = await unknown();
  const theirs = comparable(await attempt(adas), adas);
  expect(theirs).toEqual(comparable(await attempt(unknownIds), unknownIds));
  if (refused) expect((theirs as [number])[0]).toBeGreaterThanOrEqual(400);
  expect(await stateOfAda()).toEqual(before);
}

describe("every route of the API", () => {
  /** For each operation with an id: the request and Ben's answer. */
  const EXPECTED: Record<
    string,
    "takes no id" | {
      status: number;
      code?: string;
      request?: (ids: Ids) => { json?: unknown; query?: string };
      /** For routes that the body or a signature authenticates. */
      signedWith?: (ids: Ids) => string;
    }
  > = {
    "POST /api/auth/login": "takes no id",
    "POST /api/auth/signup": "takes no id",
    "POST /api/auth/refresh": "takes no id",
    "GET /api/auth/user": "takes no id",
    "GET /api/upload/limits": "takes no id",
    "GET /api/documents": "takes no id",
    "GET /api/jobs": "takes no id",
    "GET /api/health": "takes no id",
    "GET /api/health/live": "takes no id",
    "DELETE /api/account": "takes no id",
    "POST /api/account/consent": "takes no id",
    // A page's starting point, which need not exist.
    "GET /api/account/export": {
      status: 200,
      request: ({ document_id }) => ({ query: `?after=${document_id}` }),
    },
    "GET /api/openapi.json": "takes no id",
    "GET /webhook/status": "takes no id",
    "GET /webhook/test": "takes no id",
    // The content's digest identifies it too: it must not show whether another user has it.
    "POST /api/upload-document-backend": {
      status: 415,
      code: "unsupported_type",
      request: ({ sha256 }) => ({
        json: {
          filename: "a.bin",
          bytes_len: 1,
          mime: "application/x-none",
          sha256,
        },
      }),
    },
    "GET /api/documents/{document_id}/status": {
      status: 404,
      code: "document_not_found",
    },
    "GET /api/documents/{document_id}/download": {
      status: 404,
      code: "document_not_found",
      request: () => ({ query: "?variant=markdown" }),
    },
    "POST /api/documents/{document_id}/reparse": {
      status: 404,
      code: "document_not_found",
      request: () => ({ json: { pages: [1] } }),
    },
    "DELETE /api/documents/{document_id}": {
      status: 404,
      code: "document_not_found",
    },
    "GET /api/jobs/{job_id}": { status: 404, code: "job_not_found" },
    "POST /api/jobs/{job_id}/retry": { status: 404, code: "job_not_found" },
    "POST /api/search": {
      status: 200,
      request: ({ document_id, chunk_id }) => ({
        json: {
          query: "membership",
          mode: "text",
          document_ids: [document_id],
          explain: chunk_id,
        },
      }),
    },
    "POST /webhook/llamaparse": {
      status: 401,
      code: "invalid_signature",
      signedWith: () => "guessed guessed guessed",
    },
    "POST /webhook/llamaparse/{job_id}": {
      status: 401,
      code: "invalid_signature",
      signedWith: ({ job_id }) => jobSecret("guessed guessed guessed", job_id),
    },
  };

  it("is covered by an expectation here", () => {
    expect([...contract.operations.keys()].toSorted())
      .toEqual(Object.keys(EXPECTED).toSorted());
    for (const [route, expected] of Object.entries(EXPECTED)) {
      // An operation takes ids if its path or a field has one.
      const described = contract.operations.get(route)!;
      const text = route + JSON.stringify(described.parameters ?? []) +
        JSON.stringify(described.requestBody ?? {});
      const takesId = /\{\w*id\}|"name":"\w*_ids?"|"\w*_ids?":/.test(text);
      if (takesId) {
        expect([route, expected]).not.toEqual([route, "takes no id"]);
      }
    }
  });

  const taking = Object.entries(EXPECTED).filter(([, expected]) => expected !== "takes no id");
  it.each(taking)(
    "%s reveals nothing about another user's object and does not change it",
    async (route, expected) => {
      if (expected === "takes no id") return;
      const { status, code, request, signedWith } = expected;
      const [method, pattern] = route.split(" ");
      await expectIndistinguishable(async (ids) => {
        const { json, query = "" } = request?.(ids) ?? {};
        const path = pattern.replaceAll(
          /\{(\w+)\}/g,
          (_, name) => ids[name as keyof Ids],
        );
        const body = signedWith && JSON.stringify({
          event_type: "parse.success",
          data: { id: ids.job_id, job_id: ids.job_id },
        });
        const answer = await call(`${path}${query}`, {
          method,
          user: signedWith ? undefined : ben,
          ...json !== undefined && { json },
          ...body && {
            body,
            headers: {
              "lc-signature": `sha256=${
                hmacHex(
                  signedWith(ids),
                  body,
                )
              }`,
            },
          },
        });
        expect([route, answer.status, answer.body?.error?.code])
          .toEqual([route, status, code]);
        return answer;
      }, status >= 400);
    },
  );

  it("keeps files with the same content apart", async () => {
    const [{ known }] = await sql`
      select file_sha256 as known from upload_pipeline.documents where document_id = ${adas.document_id}`;
    const json = (sha256: string) => ({
      filename: "mine.pdf",
      bytes_len: 7,
      mime: "application/pdf",
      sha256,
    });
    const register = (sha256: string) =>
      call("/api/upload-document-backend", {
        method: "POST",
        user: ben,
        json: json(sha256),
      });
    const asAdas = await register(known);
    const asUnknown = await register(await sha256Hex(crypto.randomUUID()));
    for (const { status, body } of [asAdas, asUnknown]) {
      expect(status).toBe(200);
      expect(Object.keys(body).toSorted()).toEqual([
        "document_id",
        "job_id",
        "signed_url",
        "upload_expires_at",
      ]);
    }
    expect(asAdas.body.document_id).not.toBe(adas.document_id);
  });

  it("treats another user's Idempotency-Key as unused", async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const register = async (user: User) =>
      await call("/api/upload-document-backend", {
        method: "POST",
        user,
        headers,
        json: {
          filename: "mine.pdf",
          bytes_len: 7,
          mime: "application/pdf",
          sha256: "cd".repeat(32),
        },
      });
    const own = await register(ada);
    const others = await register(ben);
    expect([own.status, others.status]).toEqual([200, 200]);
    expect(others.headers.has("idempotency-replayed")).toBe(false);
    expect(others.body.document_id).not.toBe(own.body.document_id);
    await call(`/api/documents/${own.body.document_id}`, {
      method: "DELETE",
      user: ada,
    });
  });

  it("of the worker returns 401 to users", async () => {
    for (
      const route of [
        "parse",
        "fetch_result",
        "chunk",
        "embed",
        "cleanup",
        "none",
      ]
    ) {
      const { status } = await call(`/worker/${route}`, {
        method: "POST",
        user: ada,
      });
      expect([route, status]).toEqual([route, 401]);
    }
  });
});

describe("every operation of Storage", () => {
  const PATHS: Record<string, (ids: Ids) => string> = {
    "an upload": ({ user_id, document_id }) => `user/${user_id}/raw/${document_id}.pdf`,
    "an original": ({ user_id, document_id, original_id }) =>
      `user/${user_id}/original/${document_id}.${original_id}.pdf`,
    "a parsed text": ({ user_id, document_id }) => `user/${user_id}/parsed/${document_id}.md`,
    "a way round": ({ user_id, document_id }) => `user/${ben.id}/../${user_id}/raw/${document_id}.pdf`,
  };
  type Files = ReturnType<User["client"]["storage"]["from"]>;
  const pdf = () => new Blob(["%PDF-evil"], { type: "application/pdf" });
  const OPERATIONS: Record<
    string,
    (files: Files, path: string) => Promise<{ data: unknown; error: unknown }>
  > = {
    download: (files, path) => files.download(path),
    info: (files, path) => files.info(path),
    exists: (files, path) => files.exists(path),
    "signed URL": (files, path) => files.createSignedUrl(path, 60),
    "signed URLs": (files, path) => files.createSignedUrls([path], 60),
    "signed upload": (files, path) => files.createSignedUploadUrl(path),
    "signed upload over it": (files, path) => files.createSignedUploadUrl(path, { upsert: true }),
    upload: (files, path) => files.upload(path, pdf()),
    "upload over it": (files, path) => files.upload(path, pdf(), { upsert: true }),
    update: (files, path) => files.update(path, pdf()),
    list: (files, path) => files.list(path.slice(0, path.lastIndexOf("/"))),
    remove: (files, path) => files.remove([path]),
    "move away": (files, path) => files.move(path, `user/${ben.id}/raw/x.pdf`),
    "copy away": (files, path) => files.copy(path, `user/${ben.id}/raw/x.pdf`),
  };
  const cases = Object.keys(PATHS).flatMap((what) =>
    Object.keys(OPERATIONS).map((operation) => [operation, what] as const)
  );

  it.each(cases)("%s of %s", async (operation, what) => {
    await expectIndistinguishable(async (ids) => {
      const path = PATHS[what](ids);
      const { data, error } = await OPERATIONS[operation](
        ben.client.storage.from("files"),
        path,
      );
      const { status, statusCode, message } = (error ?? {}) as Record<
        string,
        unknown
      >;
      return {
        status: Number(status ?? 200),
        body: {
          data: data instanceof Blob ? "bytes" : data,
          statusCode,
          message,
        },
      };
    }, false);
  });

  it("a signed URL opens no other file", async () => {
    const { data } = await ada.client.storage.from("files")
      .createSignedUrl(PATHS["an original"](adas), 60);
    const url = new URL(data!.signedUrl);
    url.pathname = url.pathname.replace("/original/", "/parsed/")
      .replace(/pdf$/, "md");
    const answer = await fetch(url);
    await answer.body?.cancel();
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });
});

describe("every function and table of the Data API", () => {
  /** Ben's arguments for reaching Ada's objects. */
  const ARGUMENTS: Record<string, (ids: Ids) => Record<string, unknown>[]> = {
    search_chunks: ({ document_id, chunk_id }) =>
      ["hybrid", "text", "vector"].flatMap((mode) =>
        [{ document_ids: [document_id] }, {
          after_score: 1,
          after_chunk_id: chunk_id,
        }].map((named) => ({
          query_text: "membership",
          query_embedding: JSON.stringify(Array(1536).fill(0.01)),
          match_count: 50,
          mode,
          expand: 2,
          explain: true,
          ...named,
        }))
      ),
    // It depends on its argument only.
    fold_name: () => [{ p_name: "É" }],
  };

  /** They take no id and no text, and are about the caller. */
  const OF_CALLER = ["allow_support_access", "consent", "support_access", "withdraw_support_access"];

  it("that users may call is covered by an expectation here", async () => {
    const functions = await sql`
      select distinct p.proname as name, p.proargtypes::regtype[] && '{uuid,text,uuid[],text[],jsonb}'::regtype[] as names_objects
      from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
      where n.nspname in ('upload_pipeline', 'public')
        and has_function_privilege('authenticated', p.oid, 'execute')
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`;
    expect(functions.map(({ name }) => name).toSorted())
      .toEqual([...Object.keys(ARGUMENTS), ...OF_CALLER].toSorted());
    expect(functions.filter(({ names_objects }) => !names_objects).map(({ name }) => name).toSorted())
      .toEqual(OF_CALLER);
  });

  it.each(Object.keys(ARGUMENTS))(
    "%s finds nothing of another user's",
    async (name) => {
      await expectIndistinguishable(async (ids) => {
        const found = [];
        for (const args of ARGUMENTS[name](ids)) {
          const { data, error, status } = await ben.client
            .schema("upload_pipeline").rpc(name, args);
          found.push([status, error?.code, data]);
          if (!error && name !== "fold_name") expect(data).toEqual([]);
        }
        return { status: 200, body: found };
      }, false);
    },
  );

  it("shows no row of another user's by any of its ids", async () => {
    const tables = await sql`
      select c.relname as name, array_agg(a.attname::text) as columns
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      where n.nspname = 'upload_pipeline' and c.relkind in ('r', 'v', 'm', 'p')
        and has_table_privilege('authenticated', c.oid, 'select')
      group by 1`;
    expect(tables.length).toBeGreaterThanOrEqual(5);
    for (const { name, columns } of tables) {
      for (const column of ["document_id", "job_id", "user_id", "chunk_id"]) {
        if (!columns.includes(column)) continue;
        const { data, error } = await ben.client.schema("upload_pipeline")
          .from(name).select(column).eq(column, adas[column as keyof Ids]);
        expect([name, column, error, data]).toEqual([name, column, null, []]);
      }
    }
  });
});

describe("a caller without a session", () => {
  it("gets 401 from every route that requires a user", async () => {
    for (const [route, { security }] of contract.operations) {
      if (security !== undefined) continue;
      const [method, pattern] = route.split(" ");
      const path = pattern.replaceAll(
        /\{(\w+)\}/g,
        (_, name) => adas[name as keyof Ids],
      );
      const response = await fetch(`${functionsUrl}${path}`, {
        method,
        ...method === "POST" && { body: "{}" },
      });
      const { error } = await response.json();
      expect([route, response.status, error.code]).toEqual([
        route,
        401,
        "unauthorized",
      ]);
    }
  });

  it("reads no file and no row", async () => {
    const anonymous = createClient(stack.url, stack.publishableKey, {
      auth: { persistSession: false },
    });
    const path = `user/${ada.id}/original/${adas.document_id}.${adas.original_id}.pdf`;
    const file = await anonymous.storage.from("files").download(path);
    expect(file.data).toBeNull();
    const rows = await anonymous.schema("upload_pipeline").from("documents")
      .select();
    expect(rows.error).not.toBeNull();
  });
});
