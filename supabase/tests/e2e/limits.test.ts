import { Buffer } from "node:buffer";
import { beforeEach, describe, expect, it } from "vitest";
import { sha256Hex } from "../../functions/_shared/hash.ts";
import { useLimits } from "./changed_limits.ts";
import { call, createUser, newPdf, register, upload, type User, waitFor } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const UPLOAD = "/api/upload-document-backend";
const PARALLEL = 50;

/** A registration of new content. */
async function registration(name = "a document.pdf") {
  return {
    filename: name,
    bytes_len: 1000,
    mime: "application/pdf",
    sha256: await sha256Hex(crypto.randomUUID()),
  };
}

/** Counts the answers to concurrent requests by status. */
async function tally(
  run: (index: number) => Promise<{ status: number }>,
): Promise<Record<number, number>> {
  const answers = await Promise.all(
    Array.from({ length: PARALLEL }, (_, index) => run(index)),
  );
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const sql = useDatabase();
const setLimits = useLimits(sql);
let user: User;

beforeEach(async () => {
  user = await createUser();
});

describe("fifty concurrent requests stop exactly at the limit", () => {
  it("of a user's hourly requests", async () => {
    await setLimits({ requests_per_user_per_hour: 17 });
    const counts = await tally(() => call("/api/upload/limits", { user }));
    expect(counts).toEqual({ 200: 17, 429: 33 });

    const refused = await call("/api/upload/limits", { user });
    expect(refused.status).toBe(429);
    expect(refused.body.error.code).toBe("rate_limited");
    expect(refused.headers.get("ratelimit-limit")).toBe("17");
    expect(refused.headers.get("ratelimit-remaining")).toBe("0");
    const retryAfter = Number(refused.headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThan(3500);
    expect(retryAfter).toBeLessThanOrEqual(3600);
    expect(refused.headers.get("ratelimit-reset")).toBe(String(retryAfter));

    const other = await call("/api/upload/limits", {
      user: await createUser(),
    });
    expect(other.status).toBe(200);
    expect(other.headers.get("ratelimit-remaining")).toBe("16");
  });

  it("of a user's hourly requests when they register documents", async () => {
    await setLimits({ requests_per_user_per_hour: 17 });
    const counts = await tally(async () => await call(UPLOAD, { method: "POST", user, json: await registration() }));
    expect(counts).toEqual({ 200: 17, 429: 33 });
    const refused = await call(UPLOAD, { method: "POST", user, json: {} });
    expect([refused.status, refused.body.error.code])
      .toEqual([429, "rate_limited"]);
    const [{ count }] = await sql`
      select count(*)::int from upload_pipeline.documents where user_id = ${user.id}`;
    expect(count).toBe(17);
  });

  it("of status polls per document", async () => {
    await setLimits({ status_polls_per_minute: 10 });
    const [one, two] = [
      (await register(user)).body.document_id,
      (await register(user)).body.document_id,
    ];
    const poll = (id: string) => call(`/api/documents/${id}/status`, { user });
    expect(await tally(() => poll(one))).toEqual({ 200: 10, 429: 40 });
    const refused = await poll(one);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(60);
    const other = await poll(two);
    expect(other.status).toBe(200);
    expect(other.headers.get("ratelimit-limit")).toBe("10");
    expect(other.headers.get("ratelimit-remaining")).toBe("9");
  });

  it("of a user's daily uploads", async () => {
    await setLimits({ uploads_per_user_per_day: 7 });
    const counts = await tally(async () =>
      await call(UPLOAD, {
        method: "POST",
        user,
        json: await registration(),
      })
    );
    expect(counts).toEqual({ 200: 7, 429: 43 });
    const [{ count }] = await sql`
      select count(*)::int from upload_pipeline.documents where user_id = ${user.id}`;
    expect(count).toBe(7);

    const { body } = await call("/api/documents?limit=1", { user });
    await call(`/api/documents/${body.documents[0].document_id}`, {
      method: "DELETE",
      user,
    });
    const next = await call(UPLOAD, {
      method: "POST",
      user,
      json: await registration(),
    });
    expect([next.status, next.body.error.code]).toEqual([429, "daily_limit"]);
    const { used } = (await call("/api/upload/limits", { user })).body;
    expect(used).toEqual({
      documents: 6,
      bytes: 6000,
      uploads_today: 7,
      pages_today: 0,
    });
  });

  it.each([
    ["documents", { documents_per_user: 7 }],
    ["bytes", { bytes_per_user: 7999 }],
  ])("of a user's stored %s", async (_what, quota) => {
    await setLimits({ uploads_per_user_per_day: 100, ...quota });
    const counts = await tally(async () =>
      await call(UPLOAD, {
        method: "POST",
        user,
        json: await registration(),
      })
    );
    expect(counts).toEqual({ 200: 7, 413: 43 });
    const { used } = (await call("/api/upload/limits", { user })).body;
    expect(used).toEqual({
      documents: 7,
      bytes: 7000,
      uploads_today: 7,
      pages_today: 0,
    });
  });

  it("of sign-in attempts, regardless of forged address headers", async () => {
    await setLimits({ sign_in_attempts_per_address: 12 });
    await sql`delete from pipeline_internal.rate_limits where key like 'sign-in:%'`;
    const counts = await tally((index) =>
      call("/api/auth/login", {
        method: "POST",
        json: { email: user.email, password: "guess" },
        headers: {
          "x-forwarded-for": `203.0.113.${index}`,
          "cf-connecting-ip": `203.0.113.${index}`,
        },
      })
    );
    expect(counts).toEqual({ 401: 12, 429: 38 });
    const kept = await sql`
      select key from pipeline_internal.rate_limits where key like 'sign-in:%'`;
    expect(kept).toHaveLength(1);
    expect(kept[0].key).toMatch(/^sign-in:[0-9a-f]{64}$/);
    await sql`delete from pipeline_internal.rate_limits where key like 'sign-in:%'`;
  });
});

describe("an Idempotency-Key", () => {
  it("has one effect and one answer when fifty requests share it", async () => {
    const json = await registration();
    const headers = { "idempotency-key": crypto.randomUUID() };
    const send = () => call(UPLOAD, { method: "POST", user, json, headers });
    const answers = await Promise.all(Array.from({ length: PARALLEL }, send));
    const fresh = answers.filter(({ status, headers }) => status === 200 && !headers.has("idempotency-replayed"));
    expect(fresh).toHaveLength(1);
    for (const { status, body } of answers) {
      if (status === 200) expect(body).toEqual(fresh[0].body);
      else {
        expect([status, body.error.code]).toEqual([
          409,
          "idempotency_key_in_use",
        ]);
      }
    }
    const later = await send();
    expect(later.headers.get("idempotency-replayed")).toBe("true");
    expect(later.body).toEqual(fresh[0].body);
    const [{ correlation_ids }] = await sql`
      select array_agg(j.correlation_id) as correlation_ids from upload_pipeline.upload_jobs j where user_id = ${user.id}`;
    expect(correlation_ids).toEqual([fresh[0].headers.get("x-request-id")]);

    const other = await call(UPLOAD, {
      method: "POST",
      user,
      json: await registration(),
      headers,
    });
    expect([other.status, other.body.error.code]).toEqual([
      422,
      "idempotency_key_reused",
    ]);
  });

  it("applies to forms", async () => {
    const bytes = await newPdf();
    const headers = { "idempotency-key": crypto.randomUUID() };
    const send = () => {
      const body = new FormData();
      body.append(
        "file",
        new File([Buffer.from(bytes)], "a.pdf", { type: "application/pdf" }),
      );
      return call(UPLOAD, { method: "POST", user, body, headers });
    };
    const first = await send();
    expect([first.status, first.body.signed_url]).toEqual([200, null]);
    const again = await send();
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.body).toEqual(first.body);
    await waitFor(user, first.body.document_id, ["complete"]);
  });
});

describe("a batch", () => {
  it("registers each valid document within the limits", async () => {
    await setLimits({ uploads_per_user_per_day: 3 });
    const known = await newPdf();
    const { document_id } = await upload(user, known);
    const documents = [
      await registration("one.pdf"),
      { ...await registration(), sha256: await sha256Hex(known) },
      { ...await registration(), mime: "application/x-msdownload" },
      { ...await registration(), bytes_len: 2 ** 40 },
      await registration("two.pdf"),
      await registration("three.pdf"),
      {},
    ];
    const { status, body } = await call(UPLOAD, {
      method: "POST",
      user,
      json: { documents },
    });
    expect(status).toBe(200);
    expect(
      body.documents.map((
        { index, ok, error }: {
          index: number;
          ok: boolean;
          error?: { code: string };
        },
      ) => [index, ok, error?.code]),
    ).toEqual([
      [0, true, undefined],
      [1, false, "duplicate_document"],
      [2, false, "unsupported_type"],
      [3, false, "file_too_large"],
      [4, true, undefined],
      [5, false, "daily_limit"],
      [6, false, "validation_failed"],
    ]);
    expect(body.documents[1].document_id).toBe(document_id);
    const put = await fetch(body.documents[0].signed_url, {
      method: "PUT",
      headers: { "content-type": "application/pdf" },
      body: Buffer.from(await newPdf()),
    });
    expect(put.status).toBe(200);
    await put.body?.cancel();
    // The uploaded bytes differ from the announced ones.
    await waitFor(user, body.documents[0].document_id, ["failed_parse"]);
    await waitFor(user, document_id, ["complete"]);
  });

  it("of fifty documents consumes one request", async () => {
    await setLimits({ uploads_per_user_per_day: 50 });
    const documents = await Promise.all(
      Array.from({ length: 50 }, () => registration()),
    );
    const { status, body } = await call(UPLOAD, {
      method: "POST",
      user,
      json: { documents },
    });
    expect(status).toBe(200);
    const ids = new Set(
      body.documents.map((each: { document_id: string }) => each.document_id),
    );
    expect(ids.size).toBe(50);
    expect(body.documents.every((each: { ok: boolean }) => each.ok)).toBe(true);
  });
});
