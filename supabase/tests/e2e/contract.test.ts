import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { LOCAL_KEYS } from "../../../scripts/platform/stack/keys.ts";
import { sha256Hex } from "../../functions/_shared/hash.ts";
import { hmacHex, jobSecret } from "../../functions/_shared/signature.ts";
import { useLimits } from "./changed_limits.ts";
import { Contract, type ContractCall } from "./contract.ts";
import {
  createUser,
  fixture,
  llamaparse,
  newPdf,
  openai,
  PASSWORD,
  register,
  upload,
  type User,
  variant,
  waitFor,
} from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

const UPLOAD = "POST /api/upload-document-backend";
const STATUS = "GET /api/documents/{document_id}/status";
const DOWNLOAD = "GET /api/documents/{document_id}/download";
const DELETE = "DELETE /api/documents/{document_id}";
const REPARSE = "POST /api/documents/{document_id}/reparse";
const JOB = "GET /api/jobs/{job_id}";
const RETRY = "POST /api/jobs/{job_id}/retry";
const CALLBACK = "POST /webhook/llamaparse";
const JOB_CALLBACK = "POST /webhook/llamaparse/{job_id}";
const EXPORT = "GET /api/account/export";
const CONSENT = "POST /api/account/consent";
const DELETE_ACCOUNT = "DELETE /api/account";
const NO_ID = { document_id: "1", job_id: "1" };

/** Documented answers that no test can cause from outside; unit tests cover them. */
const OUT_OF_REACH = [
  / 5\d\d (?!search_unavailable)/,
  // It takes half a minute; body_deadline.test.ts shows it sooner.
  / 408 request_timeout$/,
  // Settings and states of Auth that the local stack lacks.
  / (auth_rejected|signup_disabled|user_banned|email_not_confirmed|session_ended)$/,
];

const sql = useIdleStack();
let contract: Contract;
let user: User;
const setLimits = useLimits(sql);

beforeAll(async () => {
  contract = await Contract.read();
  user = await createUser();
});
afterEach(() => openai.reset());

const unknownId = () => ({
  document_id: crypto.randomUUID(),
  job_id: crypto.randomUUID(),
});

const announced = async (bytes: Uint8Array) => ({
  filename: "a.pdf",
  bytes_len: bytes.length,
  mime: "application/pdf",
  sha256: await sha256Hex(bytes),
});

function form(...parts: [name: string, value: Blob | string, as?: string][]) {
  const body = new FormData();
  for (const [name, value, as] of parts) {
    if (typeof value === "string") body.append(name, value);
    else body.append(name, value, as);
  }
  return body;
}

/** The errors of every route with a JSON body. */
async function refusesBadBodies(
  route: string,
  init: ContractCall = {},
  invalid: unknown = {},
) {
  const headers = { "content-type": "application/json" };
  await contract.refused(route, 400, "invalid_json", {
    ...init,
    headers,
    body: "{",
  });
  await contract.refused(route, 413, "body_too_large", {
    ...init,
    headers,
    body: JSON.stringify({ filler: "x".repeat(70_000) }),
  });
  await contract.refused(route, 415, "unsupported_media_type", {
    ...init,
    headers: { "content-type": "text/plain" },
    body: "{}",
  });
  const { details } = await contract.refused(route, 422, "validation_failed", {
    ...init,
    json: invalid,
  });
  expect(details.length).toBeGreaterThan(0);
}

describe("answers match the OpenAPI document", () => {
  it("of uploads", async () => {
    await contract.call("GET /api/upload/limits", { user });
    await refusesBadBodies(UPLOAD, { user });
    const bytes = await newPdf();
    const json = await announced(bytes);

    expect((await contract.call(UPLOAD, { user, json })).status).toBe(200);
    const batch = await contract.call(UPLOAD, {
      user,
      json: { documents: [json, { ...json, bytes_len: 0 }] },
    });
    expect(batch.body.documents.map(({ ok }: { ok: boolean }) => ok))
      .toEqual([true, false]);
    const pdf = new Blob([bytes as Uint8Array<ArrayBuffer>], {
      type: "application/pdf",
    });
    const sent = await contract.call(UPLOAD, {
      user,
      body: form(["file", pdf, "a.pdf"], ["policy_id", "p"]),
    });
    expect([sent.status, sent.body.signed_url]).toEqual([200, null]);
    await contract.refused(UPLOAD, 409, "duplicate_document", { user, json });

    await contract.refused(UPLOAD, 400, "invalid_form", {
      user,
      headers: { "content-type": "multipart/form-data" },
      body: "no form",
    });
    await contract.refused(UPLOAD, 422, "validation_failed", {
      user,
      body: form(["policy_id", "p"]),
    });
    await contract.refused(UPLOAD, 415, "unsupported_type", {
      user,
      body: form(["file", new Blob(["text"], { type: "image/png" }), "a.png"]),
    });
    await contract.refused(UPLOAD, 413, "file_too_large", {
      user,
      json: { ...json, bytes_len: 2 ** 40 },
    });
  });

  it("of uploads with an Idempotency-Key", async () => {
    const json = {
      ...await announced(await newPdf()),
      ocr: false,
    };
    const key = crypto.randomUUID();
    const headers = { "idempotency-key": key };
    const first = await contract.call(UPLOAD, { user, json, headers });
    const again = await contract.call(UPLOAD, { user, json, headers });
    expect(again.body).toEqual(first.body);
    await contract.refused(UPLOAD, 422, "idempotency_key_reused", {
      user,
      json: { ...json, filename: "b.pdf" },
      headers,
    });
    // The first request is still running.
    await sql`
      update pipeline_internal.idempotency_keys set answer = null, claimed_until = now() + interval '1 minute'
      where user_id = ${user.id} and key = ${key}`;
    await contract.refused(UPLOAD, 409, "idempotency_key_in_use", {
      user,
      json,
      headers,
    });
  });

  it("of documents", async () => {
    const bytes = await newPdf();
    const { body: { document_id } } = await register(user, bytes);
    const params = { document_id };
    await contract.call(STATUS, { user, params });
    await contract.refused(DOWNLOAD, 409, "not_uploaded_yet", { user, params });
    const damaged = await upload(user, await newPdf(), {
      sha256: await sha256Hex("what was announced"),
    });
    await waitFor(user, damaged.document_id, ["failed_parse"]);
    await contract.refused(DOWNLOAD, 409, "not_verified", {
      user,
      params: { document_id: damaged.document_id },
    });
    await contract.refused(DOWNLOAD, 409, "not_parsed_yet", {
      user,
      params,
      query: "?variant=markdown",
    });
    await upload(user, bytes);
    await waitFor(user, document_id, ["complete"]);
    await contract.call(STATUS, { user, params });
    await contract.call(DOWNLOAD, { user, params });
    await contract.call("GET /api/documents", { user, query: "?limit=1" });

    const list = "GET /api/documents";
    for (const query of ["limit=0", "order=up", "q=%00", "status=lost"]) {
      await contract.refused(list, 422, "validation_failed", {
        user,
        query: `?${query}`,
      });
    }
    await contract.refused(list, 422, "invalid_cursor", {
      user,
      query: "?cursor=x",
    });
    for (const route of [STATUS, DOWNLOAD, DELETE]) {
      await contract.refused(route, 404, "document_not_found", {
        user,
        params: unknownId(),
      });
      await contract.refused(route, 422, "validation_failed", {
        user,
        params: NO_ID,
      });
    }
    expect((await contract.call(DELETE, { user, params })).status).toBe(204);
    await contract.refused(STATUS, 404, "document_not_found", { user, params });
  });

  it("of reparsing", async () => {
    const bytes = await newPdf();
    const { body: { document_id } } = await register(user, bytes);
    const params = { document_id };
    const refused = (status: number, code: string, json: unknown = {}) =>
      contract.refused(REPARSE, status, code, { user, params, json });
    await refusesBadBodies(REPARSE, { user, params }, { pages: [] });
    await refused(409, "not_uploaded_yet");
    await contract.refused(REPARSE, 404, "document_not_found", {
      user,
      params: unknownId(),
      json: {},
    });
    await contract.refused(REPARSE, 422, "validation_failed", {
      user,
      params: NO_ID,
      json: {},
    });
    await upload(user, bytes);
    await waitFor(user, document_id, ["complete"]);
    await refused(409, "nothing_unread", { pages: "unread" });
    await refused(422, "no_such_page", { pages: [1, 1000] });

    await sql`
      insert into pipeline_internal.user_budgets (user_id, monthly_cents) values (${user.id}, 0)`;
    await refused(402, "monthly_budget_spent");
    await sql`delete from pipeline_internal.user_budgets where user_id = ${user.id}`;
    await setLimits({ uploads_per_user_per_day: 1 });
    await refused(429, "daily_limit");
    await setLimits.restore();

    await llamaparse.faults({ delay_ms: 2_000 });
    const headers = { "idempotency-key": crypto.randomUUID() };
    const json = { pages: [1] };
    const accepted = await contract.call(REPARSE, {
      user,
      params,
      json,
      headers,
    });
    expect([accepted.status, accepted.body.pages]).toEqual([202, [1]]);
    await refused(409, "document_busy");
    await contract.refused(REPARSE, 422, "idempotency_key_reused", {
      user,
      params,
      json: {},
      headers,
    });
    await sql`
      update pipeline_internal.idempotency_keys set answer = null, claimed_until = now() + interval '1 minute'
      where user_id = ${user.id} and key = ${headers["idempotency-key"]}`;
    await contract.refused(REPARSE, 409, "idempotency_key_in_use", {
      user,
      params,
      json,
      headers,
    });
    await llamaparse.reset();
    await waitFor(user, document_id, ["complete"]);

    await sql`
      update upload_pipeline.documents set mime = 'text/markdown' where document_id = ${document_id}`;
    await refused(409, "not_parsed");

    // No user has had this text embedded yet.
    const unlucky = await createUser();
    await openai.faults({
      next_responses: [{ route: "embeddings", status: 400, count: 50 }],
    });
    const failing = await upload(unlucky);
    await waitFor(unlucky, failing.document_id, ["failed_embedding"]);
    await contract.refused(REPARSE, 409, "not_complete", {
      user: unlucky,
      params: { document_id: failing.document_id },
      json: {},
    });
  });

  it("of jobs", async () => {
    const failing = variant(await fixture("encrypted.pdf"));
    const { document_id, job_id } = await upload(user, failing);
    await waitFor(user, document_id, ["failed_parse"]);
    const params = { job_id };
    const { body } = await contract.call(JOB, { user, params });
    expect(body.last_error.code).toBe("PDF_IS_PROTECTED");
    await contract.call("GET /api/jobs", { user, query: "?limit=2" });
    await contract.refused("GET /api/jobs", 422, "validation_failed", {
      user,
      query: "?offset=-1",
    });
    for (const route of [JOB, RETRY]) {
      await contract.refused(route, 404, "job_not_found", {
        user,
        params: unknownId(),
      });
      await contract.refused(route, 422, "validation_failed", {
        user,
        params: NO_ID,
      });
    }
    await contract.refused(RETRY, 409, "document_refused", { user, params });
    await contract.refused(REPARSE, 409, "document_refused", {
      user,
      params: { document_id },
      json: {},
    });
    await contract.refused(UPLOAD, 409, "document_refused", {
      user,
      json: await announced(failing),
    });
    // As if it had failed for another reason.
    await sql`
      update upload_pipeline.upload_jobs set last_error = last_error || '{"code": "PARSE_CANCELLED"}' where job_id = ${job_id}`;
    await sql`
      insert into pipeline_internal.user_budgets (user_id, monthly_cents) values (${user.id}, 0)`;
    await contract.refused(RETRY, 402, "monthly_budget_spent", {
      user,
      params,
    });
    await sql`delete from pipeline_internal.user_budgets where user_id = ${user.id}`;
    await setLimits({ uploads_per_user_per_day: 1 });
    await contract.refused(RETRY, 429, "daily_limit", { user, params });
    await setLimits.restore();
    expect((await contract.call(RETRY, { user, params })).status).toBe(202);
    await waitFor(user, document_id, ["failed_parse"]);

    const fresh = await register(user);
    await contract.refused(RETRY, 422, "validation_failed", {
      user,
      params,
      json: { at: "once" },
    });
    await contract.refused(RETRY, 400, "not_retryable", {
      user,
      params: { job_id: fresh.body.job_id },
    });
  });

  it("of search", async () => {
    const route = "POST /api/search";
    await refusesBadBodies(route, { user });
    const bytes = await newPdf();
    const { document_id } = await upload(user, bytes);
    await waitFor(user, document_id, ["complete"]);
    const json = { query: "opening hours", k: 2 };
    const { body } = await contract.call(route, { user, json });
    expect(body.results).toHaveLength(2);
    const cursor = body.next_cursor;
    await contract.call(route, { user, json: { ...json, cursor } });
    await contract.refused(route, 422, "invalid_cursor", {
      user,
      json: { ...json, k: 3, cursor },
    });
    // Every field that an answer can have.
    await contract.call(route, {
      user,
      json: {
        ...json,
        query: "libary opening hours -fines",
        expand: 1,
        explain: true,
      },
    });
    for (const id of [body.results[0].chunk_id, crypto.randomUUID()]) {
      const explained = { ...json, mode: "text", explain: id };
      await contract.call(route, { user, json: explained });
    }

    await openai.faults({
      next_responses: [{ route: "embeddings", status: 500, count: 20 }],
    });
    // A repeated search needs no provider.
    const fresh = { ...json, query: "hours of opening", min_similarity: 0.1 };
    const degraded = await contract.call(route, { user, json: fresh });
    expect(degraded.body.degraded).toBe(true);
    await contract.refused(route, 503, "search_unavailable", {
      user,
      json: { ...fresh, mode: "vector" },
    });
    await sql`
      insert into pipeline_internal.user_budgets (user_id, monthly_cents) values (${user.id}, 0)`;
    await contract.refused(route, 402, "monthly_budget_spent", {
      user,
      json: { ...fresh, mode: "vector" },
    });
    const unpaid = await newPdf();
    await contract.refused(UPLOAD, 402, "monthly_budget_spent", {
      user,
      json: await announced(unpaid),
    });
    await contract.call("GET /api/upload/limits", { user });
    await sql`delete from pipeline_internal.user_budgets where user_id = ${user.id}`;
  });

  it("of sign-up, log-in and refresh", async () => {
    const [signup, login, refresh] = ["signup", "login", "refresh"]
      .map((name) => `POST /api/auth/${name}`);
    for (const route of [signup, login, refresh]) await refusesBadBodies(route);

    const email = `user-${crypto.randomUUID()}@example.test`;
    const account = {
      email,
      password: "correct horse 7 battery",
      consent_version: "1",
      consent_timestamp: "2026-11-01T10:00:00Z",
    };
    await contract.refused(signup, 422, "weak_password", {
      json: { ...account, password: "a" },
    });
    const created = await contract.call(signup, { json: account });
    expect(created.status).toBe(201);
    await contract.refused(signup, 409, "email_taken", { json: account });
    await contract.refused(login, 401, "invalid_credentials", {
      json: { email, password: "wrong" },
    });
    const { body } = await contract.call(login, {
      json: { email, password: account.password },
    });
    await contract.call(refresh, {
      json: { refresh_token: body.refresh_token },
    });
    await contract.refused(refresh, 401, "invalid_refresh_token", {
      json: { refresh_token: "none" },
    });
    await contract.call("GET /api/auth/user", { user });
  });

  it("of consent", async () => {
    const user = await createUser();
    await refusesBadBodies(CONSENT, { user });
    await setLimits({ required_consent_version: "2" });
    await contract.refused(UPLOAD, 403, "consent_required", {
      user,
      json: await announced(await newPdf()),
    });
    await contract.refused(CONSENT, 409, "consent_version_outdated", {
      user,
      json: { consent_version: "1" },
    });
    await setLimits.restore();
    await contract.call(CONSENT, { user, json: { consent_version: "2" } });
  });

  it("of the account", async () => {
    const leaving = await createUser();
    const { document_id } = await upload(leaving);
    await waitFor(leaving, document_id, ["complete"]);
    const exported = await contract.call(EXPORT, { user: leaving });
    expect(exported.headers.get("content-type")).toBe("application/x-ndjson");
    await contract.refused(EXPORT, 422, "validation_failed", {
      user: leaving,
      query: "?after=x",
    });

    await refusesBadBodies(DELETE_ACCOUNT, { user: leaving });
    await contract.refused(DELETE_ACCOUNT, 403, "wrong_password", {
      user: leaving,
      json: { password: "wrong" },
    });
    const changed = await createUser();
    await sql`
      update auth.users set encrypted_password = (select encrypted_password from auth.users where id = ${leaving.id})
      where id = ${changed.id}`;
    await contract.refused(DELETE_ACCOUNT, 403, "password_changed_recently", {
      user: changed,
      json: { password: PASSWORD },
    });
    const json = { password: PASSWORD };
    await setLimits({ mfa_for_deletion: true });
    await contract.refused(DELETE_ACCOUNT, 403, "mfa_required", {
      user: leaving,
      json,
    });
    await setLimits.restore();
    const linked = await createUser();
    await sql`update auth.users set encrypted_password = null where id = ${linked.id}`;
    const age = 3600;
    await sql`
      update auth.mfa_amr_claims set created_at = created_at - make_interval(secs => ${age})
      where session_id in (select id from auth.sessions where user_id = ${linked.id})`;
    const { data } = await linked.client.auth.refreshSession();
    await contract.refused(DELETE_ACCOUNT, 403, "sign_in_required", {
      user: { ...linked, token: data.session!.access_token },
      json: {},
    });
    await contract.call(DELETE_ACCOUNT, { user: leaving, json });
  });

  it("of callbacks", async () => {
    const body = JSON.stringify({ event_id: "e", event_type: "parse.pending" });
    const secret = LOCAL_KEYS.webhookSigningSecret;
    const jobId = crypto.randomUUID();
    for (
      const [route, key] of [
        [CALLBACK, secret],
        [JOB_CALLBACK, jobSecret(secret, jobId)],
      ]
    ) {
      const params = { job_id: jobId };
      const signed = (body: string) => ({
        params,
        body,
        headers: {
          "content-type": "application/json",
          "lc-signature": `sha256=${hmacHex(key, body)}`,
        },
      });
      await contract.call(route, signed(body));
      await contract.refused(route, 400, "invalid_json", signed("{"));
      await contract.refused(route, 401, "invalid_signature", { params, body });
      await contract.refused(route, 413, "body_too_large", {
        params,
        body: "x".repeat(2 ** 20 + 1),
      });
    }
    await contract.refused(JOB_CALLBACK, 404, "not_found", { params: NO_ID });
  });

  it("of operators' routes", async () => {
    for (
      const route of [
        "GET /api/health",
        "GET /api/health/live",
        "GET /api/openapi.json",
        "GET /webhook/status",
        "GET /webhook/test",
      ]
    ) {
      expect((await contract.call(route)).status).toBe(200);
    }
  });
});

describe("every route that requires a user", () => {
  const routes = () =>
    [...contract.operations].filter(([, { security }]) => !security)
      .map(([route]) => route);

  it("returns 401 when the caller has no session", async () => {
    expect(routes().length).toBeGreaterThan(10);
    for (const route of routes()) {
      const params = unknownId();
      await contract.refused(route, 401, "unauthorized", { params });
      await contract.refused(route, 401, "unauthorized", {
        params,
        user: { ...user, token: `${user.token}x` },
      });
    }
  });

  it("returns 429 when the user has used up the hourly requests", async () => {
    await setLimits({ requests_per_user_per_hour: 1 });
    const busy = await createUser();
    await contract.call("GET /api/upload/limits", { user: busy });
    for (const route of routes()) {
      await contract.refused(route, 429, "rate_limited", {
        user: busy,
        params: unknownId(),
      });
    }
  });

  it("returns 503 when the server's form slots are taken", async () => {
    // No PDFs: the server rejects those that it receives, and stores nothing.
    const file = new Blob([new Uint8Array(15 * 2 ** 20)]);
    const answers = await Promise.all(
      Array.from(
        { length: 6 },
        () => contract.call(UPLOAD, { user, body: form(["file", file, "a.pdf"]) }),
      ),
    );
    const busy = answers.find(({ status }) => status === 503);
    expect(busy?.body.error.code).toBe("too_busy");
  });

  it("returns 413 when the user's quota is used up", async () => {
    await setLimits({ documents_per_user: 1 });
    const owner = await createUser();
    await register(owner);
    const json = await announced(await newPdf());
    const init = { user: owner, json };
    const documents = await contract.refused(
      UPLOAD,
      413,
      "quota_exceeded",
      init,
    );
    expect(documents.details)
      .toEqual({ limit: "documents_per_user", limit_value: 1 });
    await setLimits({ documents_per_user: 9, bytes_per_user: json.bytes_len });
    const bytes = await contract.refused(UPLOAD, 413, "quota_exceeded", init);
    expect(bytes.details)
      .toEqual({ limit: "bytes_per_user", limit_value: json.bytes_len });
  });

  it("returns 429 when the user has used up the daily uploads", async () => {
    await setLimits({ uploads_per_user_per_day: 1 });
    const busy = await createUser();
    await register(busy);
    await contract.refused(UPLOAD, 429, "daily_limit", {
      user: busy,
      json: await announced(await newPdf()),
    });
  });
});

it("sign-in and sign-up return 429 beyond the attempt limit", async () => {
  await setLimits({ sign_in_attempts_per_address: 1 });
  for (const name of ["signup", "login", "refresh"]) {
    const route = `POST /api/auth/${name}`;
    // Attempts of other tests count, so the first may be refused as well.
    await contract.call(route, { json: {} });
    await contract.refused(route, 429, "rate_limited", { json: {} });
  }
});

it("every documented error was met by a call above", () => {
  expect(
    contract.unmet().filter((met) => !OUT_OF_REACH.some((pattern) => pattern.test(met))),
  ).toEqual([]);
});
