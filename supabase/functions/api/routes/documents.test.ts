import { beforeEach, describe, expect, test } from "vitest";
import type { DocumentStatus, ListedDocument } from "../queries.ts";
import { DOCUMENT, FakeWorld, JOB, OTHER_USER, USER } from "../testing/fakes.ts";

const REFERENCE = "33333333-2222-4333-8444-555555555555";
const STATUS: DocumentStatus = {
  document_id: DOCUMENT,
  filename: "report.pdf",
  filename_full: "report.pdf",
  policy_id: null,
  mime: "application/pdf",
  bytes_len: 1234,
  job_id: JOB,
  status: "chunking",
  state: "working",
  stage_pct: 40,
  total_pct: 60,
  retry_count: 0,
  next_attempt_at: null,
  waiting_for: null,
  queue_position: null,
  last_error: null,
  warnings: [],
  title: null,
  created_at: new Date("2026-01-02T03:04:05Z"),
  updated_at: new Date("2026-01-02T03:05:00Z"),
};

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

function have(status: Partial<DocumentStatus> = {}) {
  world.documents.set(DOCUMENT, {
    owner: USER,
    status: { ...STATUS, ...status },
  });
}

const ask = (id: string, user: string | null = USER) => world.request(`/api/documents/${id}/status`, { user });

describe("a document's status", () => {
  test("answers its owner, without fields that do not apply", async () => {
    have();
    const answer = await ask(DOCUMENT);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      document_id: DOCUMENT,
      job_id: JOB,
      filename: "report.pdf",
      filename_full: "report.pdf",
      status: "chunking",
      state: "working",
      progress: { stage_pct: 40, total_pct: 60 },
      created_at: "2026-01-02T03:04:05.000Z",
      updated_at: "2026-01-02T03:05:00.000Z",
      bytes_len: 1234,
      mime: "application/pdf",
      warnings: [],
    });
  });

  test("has warnings of missing pages, and the document's own title", async () => {
    const warnings: DocumentStatus["warnings"] = [{
      code: "PAGES_UNREAD",
      message: "the parser failed on page 13",
      pages: [13],
    }];
    have({ status: "complete", state: "done", warnings, title: "Manual" });
    expect(await (await ask(DOCUMENT)).json())
      .toMatchObject({ status: "complete", warnings, title: "Manual" });
  });

  test("has the next attempt, and the last error with its reference", async () => {
    have({
      state: "retryable",
      next_attempt_at: new Date("2026-01-02T03:06:00Z"),
      last_error: {
        code: "OPENAI_RATE_LIMITED",
        message: "The embedding service is busy.",
        reference: REFERENCE,
      },
    });
    expect(await (await ask(DOCUMENT)).json()).toMatchObject({
      next_attempt_at: "2026-01-02T03:06:00.000Z",
      last_error: {
        code: "OPENAI_RATE_LIMITED",
        message: `The embedding service is busy. (Reference: ${REFERENCE})`,
        reference: REFERENCE,
      },
    });
  });

  test("answers the same 404 for another user's document and for none", async () => {
    have();
    const anothers = await ask(DOCUMENT, OTHER_USER);
    const none = await ask(crypto.randomUUID(), OTHER_USER);
    const bodies = [await anothers.json(), await none.json()];
    for (const { error } of bodies) delete error.request_id;
    expect([anothers.status, none.status]).toEqual([404, 404]);
    expect(bodies[0]).toEqual(bodies[1]);
    expect(bodies[0].error.code).toBe("document_not_found");
  });

  test("answers 422 when the id is malformed", async () => {
    const answer = await ask("12");
    expect(answer.status).toBe(422);
    expect((await answer.json()).error.details[0].path).toBe("document_id");
  });

  test("requires a signed-in user", async () => {
    have();
    expect((await ask(DOCUMENT, null)).status).toBe(401);
  });
});

describe("the list of documents", () => {
  const listed = (n: number): ListedDocument => {
    const document_id = `00000000-0000-4000-8000-${`${n}`.padStart(12, "0")}`;
    return {
      ...STATUS,
      document_id,
      place: {
        value: "2026-01-02T03:04:05.678901Z",
        documentId: document_id,
      },
    };
  };
  const list = async (query = "") => {
    const answer = await world.request(`/api/documents${query}`);
    return { status: answer.status, body: await answer.json() };
  };

  test("has each document's status, and no cursor on the last page", async () => {
    have();
    const status = await (await ask(DOCUMENT)).json();
    world.listed = [{ ...listed(1), document_id: DOCUMENT }];
    expect(await list()).toEqual({
      status: 200,
      body: { documents: [status], next_cursor: null },
    });
  });

  test("begins with the newest, twenty a page", async () => {
    await list();
    expect(world.listings).toEqual([{
      sort: "created_at",
      descending: true,
      limit: 21,
      after: null,
      status: null,
      state: null,
      filenamePart: null,
    }]);
  });

  test("continues where the last page ended, with the same filters", async () => {
    const filters = "limit=2&sort=updated_at&order=asc&status=complete&state=done&q=%20Re%25%20";
    world.listed = [listed(1), listed(2), listed(3)];
    const { body } = await list(`?${filters}`);
    expect(body.documents).toHaveLength(2);
    expect(body.next_cursor).toMatch(/^[\w-]+$/);
    await list(`?${filters}&cursor=${body.next_cursor}`);
    expect(world.listings[1]).toEqual({
      sort: "updated_at",
      descending: false,
      limit: 3,
      after: listed(2).place,
      status: "complete",
      state: "done",
      filenamePart: "Re%",
    });
  });

  test("refuses a cursor of another order", async () => {
    world.listed = [listed(1), listed(2)];
    const { body: { next_cursor } } = await list("?limit=1");
    for (const order of ["sort=filename", "order=asc"]) {
      const { status, body } = await list(`?${order}&cursor=${next_cursor}`);
      expect([status, body.error.code]).toEqual([422, "invalid_cursor"]);
    }
  });

  test.each([
    ["no base64", "%%%"],
    ["no JSON", "bm9uZQ"],
    ["another thing", encode({ sort: "created_at" })],
    ["no time", encode(["created_at", true, "soon", DOCUMENT])],
    [
      "a day that does not exist",
      encode(["created_at", true, "2026-02-30T00:00:00.000000Z", DOCUMENT]),
    ],
    [
      "the year 0",
      encode(["created_at", true, "0000-01-01T00:00:00.000000Z", DOCUMENT]),
    ],
    ["no id", encode(["created_at", true, "2026-01-02T03:04:05.678901Z", "1"])],
    ["NUL", encode(["filename", true, "a\0", DOCUMENT])],
    ["half a character", encode(["filename", true, "\ud800", DOCUMENT])],
  ])("refuses a cursor that is %s", async (_what, cursor) => {
    const { status, body } = await list(
      `?sort=${_what === "NUL" || _what === "half a character" ? "filename" : "created_at"}&cursor=${cursor}`,
    );
    expect([status, body.error.code]).toEqual([422, "invalid_cursor"]);
    expect(world.listings).toEqual([]);
  });

  test.each([
    ["limit=101", "limit"],
    ["limit=ten", "limit"],
    ["sort=bytes_len", "sort"],
    ["order=down", "order"],
    ["status=done", "status"],
    ["state=complete", "state"],
    ["q=%00", "q"],
  ])("refuses %s", async (query, field) => {
    const { status, body } = await list(`?${query}`);
    expect(status).toBe(422);
    expect(body.error.details[0].path).toBe(field);
    expect(world.listings).toEqual([]);
  });
});

describe("deleting a document", () => {
  const remove = (id: string, user: string | null = USER) =>
    world.request(`/api/documents/${id}`, { method: "DELETE", user });

  test("answers 204, and then the document does not exist", async () => {
    have();
    const answer = await remove(DOCUMENT);
    expect([answer.status, await answer.text()]).toEqual([204, ""]);
    expect((await remove(DOCUMENT)).status).toBe(404);
    expect((await ask(DOCUMENT)).status).toBe(404);
  });

  test("answers the same 404 for another user's document, which remains, and for none", async () => {
    have();
    const bodies = await Promise.all(
      [DOCUMENT, crypto.randomUUID()].map(async (id) => {
        const answer = await remove(id, OTHER_USER);
        const { error } = await answer.json();
        delete error.request_id;
        return [answer.status, error];
      }),
    );
    expect(bodies[0]).toEqual(bodies[1]);
    expect(bodies[0]).toMatchObject([404, { code: "document_not_found" }]);
    expect((await ask(DOCUMENT)).status).toBe(200);
  });

  test("requires a signed-in user and an id", async () => {
    expect((await remove(DOCUMENT, null)).status).toBe(401);
    expect((await remove("12")).status).toBe(422);
  });
});

function encode(contents: unknown): string {
  return btoa(JSON.stringify(contents)).replaceAll("+", "-")
    .replaceAll("/", "_").replaceAll("=", "");
}
