import { beforeEach, describe, expect, test } from "vitest";
import type { Reparse } from "../queries.ts";
import { DOCUMENT, FakeWorld, JOB, OTHER_USER, USER } from "../testing/fakes.ts";
import type { Status } from "../vocabulary.ts";

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

const ROUTE = `/api/documents/${DOCUMENT}/reparse`;

async function ask(json: unknown, headers: HeadersInit = {}) {
  const answer = await world.request(ROUTE, { json, headers });
  return { answer, body: await answer.json() };
}

async function refusal(reparse: Reparse, json: unknown = {}) {
  world.reparse = reparse;
  const { answer, body: { error } } = await ask(json);
  return { status: answer.status, ...error, headers: answer.headers };
}

describe("a reparse", () => {
  test("is accepted, and names the pages", async () => {
    world.reparse = {
      outcome: "accepted",
      jobId: JOB,
      status: "uploaded",
      pages: [3, 13],
    };
    const { answer, body } = await ask({ pages: [13, 3], ocr: true });
    expect(answer.status).toBe(202);
    expect(body).toEqual({
      document_id: DOCUMENT,
      job_id: JOB,
      status: "uploaded",
      pages: [3, 13],
    });
    expect(world.reparsed).toMatchObject([{
      userId: USER,
      documentId: DOCUMENT,
      pages: [13, 3],
      ocr: true,
    }]);
  });

  test.each([
    [{}, null, null],
    [{ pages: "unread" }, "unread", null],
    [{ ocr: false }, null, false],
  ])("with %j requests exactly that", async (json, pages, ocr) => {
    await ask(json);
    expect(world.reparsed).toMatchObject([{ pages, ocr }]);
  });

  test.each([
    [{ pages: [] }, "pages"],
    [{ pages: [0] }, "pages"],
    [{ pages: [1.5] }, "pages"],
    [{ pages: "all" }, "pages"],
    [{ pages: Array.from({ length: 10_001 }, () => 1) }, "pages"],
    [{ ocr: "yes" }, "ocr"],
    [{ pages: [1], language: "de" }, "language"],
  ])("with %j answers 422 and has no effect", async (json, path) => {
    const { answer, body } = await ask(json);
    expect(answer.status).toBe(422);
    expect(body.error.code).toBe("validation_failed");
    expect(body.error.details[0].path).toContain(path);
    expect(world.reparsed).toEqual([]);
  });

  test.each(["text/plain", "text/json", undefined])(
    "answers 415, instead of reparsing all pages, when its body is %s",
    async (type) => {
      const answer = await world.request(ROUTE, {
        method: "POST",
        body: new TextEncoder().encode('{"pages": [1]}'),
        headers: type ? { "content-type": type } : {},
      });
      expect(answer.status).toBe(415);
      expect(world.reparsed).toEqual([]);
    },
  );

  test("takes effect once under an Idempotency-Key", async () => {
    const headers = { "idempotency-key": "key-1" };
    const first = await ask({ pages: [3] }, headers);
    const second = await ask({ pages: [3] }, headers);
    expect(second.answer.status).toBe(202);
    expect(second.answer.headers.get("idempotency-replayed")).toBe("true");
    expect(second.body).toEqual(first.body);
    expect(world.reparsed).toHaveLength(1);
    expect((await ask({ pages: [4] }, headers)).body.error.code)
      .toBe("idempotency_key_reused");
  });

  test("requires a signed-in user and a document's id", async () => {
    const anonymous = await world.request(ROUTE, { json: {}, user: null });
    expect(anonymous.status).toBe(401);
    const noId = await world.request("/api/documents/12/reparse", { json: {} });
    expect(noId.status).toBe(422);
    expect(world.reparsed).toEqual([]);
  });

  test("answers 404 for another user's document and for none", async () => {
    world.reparse = { outcome: "unknown" };
    const answer = await world.request(ROUTE, { json: {}, user: OTHER_USER });
    expect(answer.status).toBe(404);
    expect((await answer.json()).error.code).toBe("document_not_found");
  });

  test.each(["not_parsed", "nothing_unread"] as const)(
    "answers 409 %s when there is nothing to parse",
    async (outcome) => {
      expect(await refusal({ outcome })).toMatchObject({
        status: 409,
        code: outcome,
      });
    },
  );

  test.each<[Status, string]>([
    ["uploaded", "document_busy"],
    ["embedding_in_progress", "document_busy"],
    ["awaiting_upload", "not_uploaded_yet"],
    ["expired", "not_uploaded_yet"],
    ["failed_chunking", "not_complete"],
    ["failed_embedding", "not_complete"],
  ])("of a document that is %s answers 409 %s", async (status, code) => {
    expect(await refusal({ outcome: "busy", jobId: JOB, status }))
      .toMatchObject({ status: 409, code, details: { status, job_id: JOB } });
  });

  test("answers 422 that names the pages that do not exist", async () => {
    const found = await refusal({
      outcome: "no_such_page",
      pages: [2, 14, 15],
      pageCount: 13,
    });
    expect(found).toMatchObject({
      status: 422,
      code: "no_such_page",
      message: "The document has 13 pages; these do not exist: 14, 15.",
      details: { pages: [14, 15], page_count: 13 },
    });
    expect(
      await refusal({ outcome: "no_such_page", pages: [1], pageCount: null }),
    ).toMatchObject({
      message: expect.stringContaining("Omit `pages`"),
      details: { pages: [1], page_count: null },
    });
  });

  test("answers 402 when the budget is spent, and 429 beyond the daily limit", async () => {
    expect(
      await refusal({
        outcome: "budget_spent",
        whose: "user",
        limit: 500,
        retryAfterSeconds: 60,
      }),
    ).toMatchObject({
      status: 402,
      code: "monthly_budget_spent",
      details: { budget: "user", monthly_cents: 500 },
    });
    const { status, code, details, headers } = await refusal({
      outcome: "daily_limit",
      limitName: "uploads_per_user_per_day",
      limit: 30,
      retryAfterSeconds: 60,
    });
    expect({ status, code, details })
      .toEqual({
        status: 429,
        code: "daily_limit",
        details: { limit: 30, limit_name: "uploads_per_user_per_day" },
      });
    expect(headers.get("retry-after")).toBe("60");
  });
});
