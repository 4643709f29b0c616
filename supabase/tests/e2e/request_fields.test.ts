import { beforeAll, describe, expect, it } from "vitest";
import { ocrText } from "../../../scripts/platform/simulators/llamaparse/control.ts";
import { UNDETERMINED } from "../../functions/_inspect/file_types.ts";
import { sha256Hex } from "../../functions/_shared/hash.ts";
import { Contract, type Described } from "./contract.ts";
import {
  call,
  createUser,
  ENDED,
  fixture,
  llamaparse,
  newPdf,
  PASSWORD,
  register,
  stack,
  upload,
  type User,
  variant,
  waitFor,
} from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const UPLOAD = "/api/upload-document-backend";

const sql = useDatabase();
const contract = await Contract.read();
let user: User;
/** Two documents that await their upload, one that is complete and one that failed. */
let first: string;
let second: string;
let complete: string;
let failed: { document_id: string; job_id: string };

beforeAll(async () => {
  user = await createUser();
  first = (await registered({ filename: "z 1.pdf" })).document_id;
  second = (await registered({ filename: "a 2.pdf" })).document_id;
  complete = (await upload(user)).document_id;
  failed = await upload(user, variant(await fixture("not_a_pdf.pdf")));
  await waitFor(user, complete, ["complete"]);
  await waitFor(user, failed.document_id, ["failed_parse"]);
});

const get = async (path: string) => (await call(path, { user })).body;
const post = (path: string, json: unknown, as: User | undefined = user) =>
  call(path, { method: "POST", user: as, json });
const statusOf = (id: string) => get(`/api/documents/${id}/status`);

async function registered(announced: Record<string, unknown>) {
  const bytes = await newPdf();
  const { status, body } = await register(user, bytes, announced);
  expect([status, body.error]).toEqual([200, undefined]);
  return body as { document_id: string; job_id: string };
}

/** The status of a document that is registered with these fields. */
async function statusWith(announced: Record<string, unknown>) {
  return await statusOf((await registered(announced)).document_id);
}

async function hasOcr({ job_id }: { job_id: string }): Promise<boolean> {
  const [{ ocr }] = await sql`
    select ocr from upload_pipeline.upload_jobs where job_id = ${job_id}`;
  return ocr;
}

async function sentAsForm(fields: Record<string, string> = {}) {
  const form = new FormData();
  const bytes = await newPdf() as Uint8Array<ArrayBuffer>;
  form.append("file", new File([bytes], "form.pdf"));
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const { body } = await call(UPLOAD, { method: "POST", user, body: form });
  return body;
}

/** Reparses the complete document, and waits until it is complete again. */
async function reparsed(json: unknown, key: string = crypto.randomUUID()) {
  const answer = await call(`/api/documents/${complete}/reparse`, {
    method: "POST",
    user,
    headers: { "idempotency-key": key },
    json,
  });
  expect([answer.status, answer.body.error]).toEqual([202, undefined]);
  await waitFor(user, complete, ["complete"]);
  return answer;
}

const names = async (query: string) =>
  (await get(`/api/documents?${query}`)).documents.map(
    ({ document_id }: { document_id: string }) => document_id,
  );
const jobs = async (query: string) => (await get(`/api/jobs?${query}`)).jobs;

const search = async (changed: Record<string, unknown> = {}) =>
  (await post("/api/search", {
    query: "When is the library open?",
    mode: "text",
    ...changed,
  })).body;

async function signedUp(changed: Record<string, unknown> = {}) {
  const account = {
    email: `user-${crypto.randomUUID()}@example.test`,
    password: PASSWORD,
    consent_version: "1",
    consent_timestamp: "2026-11-01T10:00:00Z",
    ...changed,
  };
  const { body } = await post("/api/auth/signup", account, undefined);
  return { account, user: body.user };
}
const logIn = async (json: unknown) => (await post("/api/auth/login", json, undefined)).status;

/** For each request field, checks an effect that the caller or an operator can observe. */
const EFFECTS: Record<string, () => Promise<void>> = {
  "POST /api/upload-document-backend json filename": async () => {
    expect((await statusWith({ filename: "x.pdf" })).filename).toBe("x.pdf");
  },
  "POST /api/upload-document-backend json bytes_len": async () => {
    expect((await statusWith({ bytes_len: 7 })).bytes_len).toBe(7);
  },
  "POST /api/upload-document-backend json mime": async () => {
    const filename = "x";
    expect((await statusWith({ filename, mime: "application/x-pdf" })).mime)
      .toBe("application/pdf");
    expect((await statusWith({ filename, mime: "" })).mime).toBe(UNDETERMINED);
  },
  "POST /api/upload-document-backend json sha256": async () => {
    const one = await registered({ sha256: await sha256Hex("one") });
    const other = await registered({ sha256: await sha256Hex("other") });
    expect(one.document_id).not.toBe(other.document_id);
  },
  "POST /api/upload-document-backend json ocr": async () => {
    await ocrText(stack.llamaparseUrl, { 1: "The rent is 900 euros." });
    const scan = async (ocr: boolean) => {
      const bytes = variant(await fixture("cases/p01-scanned.pdf"));
      const { document_id } = await upload(user, bytes, { ocr });
      return (await waitFor(user, document_id, ENDED)).status;
    };
    expect([await scan(true), await scan(false)])
      .toEqual(["complete", "failed_parse"]);
    await llamaparse.reset();
  },
  "POST /api/upload-document-backend json policy_id": async () => {
    expect((await statusWith({ policy_id: "P-1" })).policy_id).toBe("P-1");
  },
  "POST /api/upload-document-backend json documents": async () => {
    const { body } = await post(UPLOAD, { documents: [{}, {}] });
    expect(body.documents).toHaveLength(2);
  },
  "POST /api/upload-document-backend header Idempotency-Key": async () => {
    const send = async (key: string) => {
      const { headers } = await call(UPLOAD, {
        method: "POST",
        user,
        headers: { "idempotency-key": key },
        json: { documents: [{}] },
      });
      return headers.get("idempotency-replayed");
    };
    const key = crypto.randomUUID();
    expect([await send(key), await send(key), await send(`${key}2`)])
      .toEqual([null, "true", null]);
  },
  "POST /api/upload-document-backend form file": async () => {
    const { document_id } = await sentAsForm();
    expect((await statusOf(document_id)).filename).toBe("form.pdf");
    await waitFor(user, document_id, ENDED);
  },
  "POST /api/upload-document-backend form ocr": async () => {
    expect(await hasOcr(await sentAsForm({ ocr: "true" }))).toBe(true);
    expect(await hasOcr(await sentAsForm({ ocr: "false" }))).toBe(false);
  },
  "POST /api/upload-document-backend form policy_id": async () => {
    const { document_id } = await sentAsForm({ policy_id: "P-2" });
    expect((await statusOf(document_id)).policy_id).toBe("P-2");
  },

  "GET /api/documents query limit": async () => {
    expect(await names("limit=1")).toHaveLength(1);
  },
  "GET /api/documents query cursor": async () => {
    const { documents, next_cursor } = await get("/api/documents?limit=1");
    expect(await names(`limit=1&cursor=${next_cursor}`))
      .not.toEqual([documents[0].document_id]);
  },
  "GET /api/documents query sort": async () => {
    const byName = await names("limit=100&order=asc&sort=filename");
    expect(byName.indexOf(second)).toBeLessThan(byName.indexOf(first));
    const byTime = await names("limit=100&order=asc&sort=created_at");
    expect(byTime.indexOf(first)).toBeLessThan(byTime.indexOf(second));
  },
  "GET /api/documents query order": async () => {
    expect((await names("order=asc"))[0]).toBe(first);
    expect((await names("order=desc"))[0]).not.toBe(first);
  },
  "GET /api/documents query status": async () => {
    expect(await names("status=complete")).toContain(complete);
    expect(await names("status=complete")).not.toContain(first);
  },
  "GET /api/documents query state": async () => {
    expect(await names("state=deadletter")).toContain(failed.document_id);
    expect(await names("state=deadletter")).not.toContain(first);
  },
  "GET /api/documents query q": async () => {
    expect(await names("q=A+2")).toEqual([second]);
  },
  "GET /api/documents/{document_id}/status path document_id": async () => {
    expect((await statusOf(second)).filename).toBe("a 2.pdf");
  },
  "GET /api/documents/{document_id}/download path document_id": async () => {
    const { url } = await get(`/api/documents/${complete}/download`);
    expect(url).toContain(complete);
  },
  "GET /api/documents/{document_id}/download query variant": async () => {
    const path = `/api/documents/${complete}/download?variant=`;
    expect((await get(`${path}markdown`)).url).toContain("/parsed/");
    expect((await get(`${path}original`)).url).toContain("/original/");
  },
  "POST /api/documents/{document_id}/reparse path document_id": async () => {
    expect((await reparsed({})).body.document_id).toBe(complete);
  },
  "POST /api/documents/{document_id}/reparse json pages": async () => {
    expect((await reparsed({ pages: [1] })).body.pages).toEqual([1]);
  },
  "POST /api/documents/{document_id}/reparse json ocr": async () => {
    for (const ocr of [true, false]) {
      const { body } = await reparsed({ pages: [1], ocr });
      expect(await hasOcr(body)).toBe(ocr);
    }
  },
  "POST /api/documents/{document_id}/reparse header Idempotency-Key": async () => {
    const key = crypto.randomUUID();
    for (const replayed of [null, "true"]) {
      const { headers } = await reparsed({ pages: [1] }, key);
      expect(headers.get("idempotency-replayed")).toBe(replayed);
    }
  },
  "DELETE /api/documents/{document_id} path document_id": async () => {
    const { document_id } = await registered({});
    await call(`/api/documents/${document_id}`, { method: "DELETE", user });
    expect((await statusOf(document_id)).error.code).toBe("document_not_found");
    expect((await statusOf(second)).document_id).toBe(second);
  },

  "GET /api/jobs query state": async () => {
    const found = await jobs("state=deadletter");
    expect(found.map(({ job_id }: { job_id: string }) => job_id))
      .toContain(failed.job_id);
    expect(found.length).toBeLessThan((await jobs("limit=100")).length);
  },
  "GET /api/jobs query limit": async () => {
    expect(await jobs("limit=1")).toHaveLength(1);
  },
  "GET /api/jobs query offset": async () => {
    expect(await jobs("limit=1&offset=1")).not.toEqual(await jobs("limit=1"));
  },
  "GET /api/jobs/{job_id} path job_id": async () => {
    expect((await get(`/api/jobs/${failed.job_id}`)).document_id)
      .toBe(failed.document_id);
  },
  "POST /api/jobs/{job_id}/retry path job_id": async () => {
    const job = await upload(user, variant(await fixture("not_a_pdf.pdf")));
    await waitFor(user, job.document_id, ["failed_parse"]);
    const { status, body } = await call(`/api/jobs/${job.job_id}/retry`, {
      method: "POST",
      user,
    });
    // A document that would fail again has an error code of its own.
    expect([status, body.error.details.job_id]).toEqual([409, job.job_id]);
    await call(`/api/documents/${job.document_id}`, { method: "DELETE", user });
  },

  "POST /api/search json query": async () => {
    expect((await search()).results.length).toBeGreaterThan(0);
    expect((await search({ query: "xylophone" })).results).toEqual([]);
  },
  "POST /api/search json k": async () => {
    const query = "library";
    expect((await search({ query, k: 1 })).results).toHaveLength(1);
    expect((await search({ query, k: 50 })).results.length)
      .toBeGreaterThan(1);
  },
  "POST /api/search json document_ids": async () => {
    expect((await search({ document_ids: [complete] })).results)
      .not.toEqual([]);
    expect((await search({ document_ids: [first] })).results).toEqual([]);
  },
  "POST /api/search json mode": async () => {
    expect((await search({ mode: "text" })).mode).toBe("text");
    expect((await search({ mode: "vector" })).mode).toBe("vector");
  },
  "POST /api/search json min_score": async () => {
    const asked = { query: "library membership fees", k: 50 };
    const { results } = await search(asked);
    const { score } = results[0];
    const kept = (await search({ ...asked, min_score: score })).results;
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(results.length);
  },
  "POST /api/search json min_similarity": async () => {
    const asked = { mode: "vector", k: 50 };
    const { results } = await search(asked);
    const { similarity } = results[1];
    const kept = await search({ ...asked, min_similarity: similarity });
    expect(kept.results.length).toBeGreaterThan(0);
    expect(kept.results.length).toBeLessThan(results.length);
  },
  "POST /api/search json expand": async () => {
    expect((await search({ expand: 1 })).results[0].neighbours.length)
      .toBeGreaterThan(0);
    expect((await search()).results[0].neighbours).toBeUndefined();
  },
  "POST /api/search json max_per_document": async () => {
    const asked = { query: "library", document_ids: [complete] };
    expect((await search(asked)).results.length).toBeGreaterThan(1);
    expect((await search({ ...asked, max_per_document: 1 })).results)
      .toHaveLength(1);
  },
  "POST /api/search json weights": async () => {
    const score = async (words: number, meaning: number) =>
      (await search({ mode: "hybrid", weights: { words, meaning } }))
        .results[0].score;
    expect(await score(1, 0)).not.toBe(await score(0, 1));
  },
  "POST /api/search json language": async () => {
    // German search finds a word that English search ignores.
    const asked = { query: "about what", explain: true };
    expect(await search({ ...asked, language: "en" }))
      .not.toEqual(await search({ ...asked, language: "de" }));
  },
  "POST /api/search json cursor": async () => {
    const asked = { query: "library", k: 1 };
    const { results, next_cursor } = await search(asked);
    expect(
      (await search({ ...asked, cursor: next_cursor })).results[0].chunk_id,
    )
      .not.toBe(results[0].chunk_id);
  },
  "POST /api/search json explain": async () => {
    const [{ chunk_id, explanation }] = (await search({ explain: true }))
      .results;
    expect(explanation).toBeDefined();
    const explained = await search({ explain: chunk_id });
    expect(explained.results[0].explanation).toBeUndefined();
    expect(explained.explained).toMatchObject({ chunk_id, found: true });
  },

  "POST /api/auth/signup json email": async () => {
    const { account, user } = await signedUp();
    expect(user.email).toBe(account.email);
  },
  "POST /api/auth/signup json password": async () => {
    const { account: { email, password } } = await signedUp();
    expect(await logIn({ email, password })).toBe(200);
  },
  "POST /api/auth/signup json consent_version": async () => {
    const { user } = await signedUp({ consent_version: "2" });
    expect(user.user_metadata.consent_version).toBe("2");
  },
  "POST /api/auth/signup json consent_timestamp": async () => {
    const consent_timestamp = "2026-01-02T03:04:05Z";
    const { user } = await signedUp({ consent_timestamp });
    expect(user.user_metadata.consent_timestamp).toBe(consent_timestamp);
  },
  "POST /api/auth/signup json name": async () => {
    const { user } = await signedUp({ name: "Ada" });
    expect(user.user_metadata.name).toBe("Ada");
  },
  "POST /api/auth/login json email": async () => {
    const email = "unknown@example.test";
    expect(await logIn({ email, password: PASSWORD })).toBe(401);
    expect(await logIn({ email: user.email, password: PASSWORD })).toBe(200);
  },
  "POST /api/auth/login json password": async () => {
    expect(await logIn({ email: user.email, password: "wrong" })).toBe(401);
  },
  "POST /api/auth/refresh json refresh_token": async () => {
    const { body } = await post("/api/auth/login", {
      email: user.email,
      password: PASSWORD,
    }, undefined);
    const refresh = async (refresh_token: string) =>
      (await post("/api/auth/refresh", { refresh_token }, undefined)).status;
    expect(await refresh("none")).toBe(401);
    expect(await refresh(body.refresh_token)).toBe(200);
  },
  "POST /api/account/consent json consent_version": async () => {
    const { body } = await post("/api/account/consent", {
      consent_version: "fields",
    });
    expect(body.consent_version).toBe("fields");
  },
  "DELETE /api/account json password": async () => {
    const leaving = await createUser();
    const leave = async (password: string) =>
      (await call("/api/account", {
        method: "DELETE",
        user: leaving,
        json: { password },
      })).status;
    expect(await leave("wrong")).toBe(403);
    expect(await leave(PASSWORD)).toBe(204);
  },
  "GET /api/account/export query after": async () => {
    expect(await get("/api/account/export")).toContain('"type":"account"');
    expect(await get(`/api/account/export?after=${first}`))
      .not.toContain('"type":"account"');
  },
};

/** Every field in the OpenAPI document; the webhook's are LlamaParse's. */
function describedFields(): string[] {
  return [...contract.operations].flatMap(([route, described]) =>
    route.includes(" /api/") ? fieldsOf(described).map((field) => `${route} ${field}`) : []
  );
}

function fieldsOf({ parameters = [], requestBody }: Described): string[] {
  return [
    ...parameters.map((parameter) => `${parameter.in} ${parameter.name}`),
    ...Object.entries(requestBody?.content ?? {}).flatMap(([type, content]) =>
      propertiesOf(content.schema).map((name) => `${type === "application/json" ? "json" : "form"} ${name}`)
    ),
  ];
}

interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  properties?: Record<string, unknown>;
}

function propertiesOf({ $ref, anyOf = [], properties = {} }: Schema): string[] {
  const named = $ref && contract.schemas[$ref.split("/").at(-1)!];
  return [
    ...named ? propertiesOf(named) : [],
    ...anyOf.flatMap(propertiesOf),
    ...Object.keys(properties),
  ];
}

describe("request fields", () => {
  it("have an expectation here", () => {
    expect(Object.keys(EFFECTS).toSorted())
      .toEqual(describedFields().toSorted());
  });

  it.each(Object.keys(EFFECTS))(
    "have an effect: %s",
    (field) => EFFECTS[field](),
  );
});
