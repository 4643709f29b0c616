import { beforeEach, describe, expect, test } from "vitest";
import { DOCUMENT, FakeWorld, JOB, OTHER_USER, USER } from "../fakes.ts";
import type { DocumentStatus } from "../queries.ts";

const REFERENCE = "33333333-2222-4333-8444-555555555555";
const STATUS: DocumentStatus = {
  document_id: DOCUMENT,
  filename: "report.pdf",
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

const ask = (id: string, user: string | null = USER) =>
  world.request(`/api/documents/${id}/status`, { user });

describe("a document's status", () => {
  test("tells its owner where it stands, and leaves out what does not apply", async () => {
    have();
    const answer = await ask(DOCUMENT);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      document_id: DOCUMENT,
      filename: "report.pdf",
      status: "chunking",
      state: "working",
      progress: { stage_pct: 40, total_pct: 60 },
      created_at: "2026-01-02T03:04:05.000Z",
      updated_at: "2026-01-02T03:05:00.000Z",
      bytes_len: 1234,
      mime: "application/pdf",
    });
  });

  test("tells of the next attempt and of the last error with its reference", async () => {
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

  test("of another's document and of none at all is the same 404", async () => {
    have();
    const anothers = await ask(DOCUMENT, OTHER_USER);
    const none = await ask(crypto.randomUUID(), OTHER_USER);
    const bodies = [await anothers.json(), await none.json()];
    for (const { error } of bodies) delete error.request_id;
    expect([anothers.status, none.status]).toEqual([404, 404]);
    expect(bodies[0]).toEqual(bodies[1]);
    expect(bodies[0].error.code).toBe("document_not_found");
  });

  test("of what is no id is a 422", async () => {
    const answer = await ask("12");
    expect(answer.status).toBe(422);
    expect((await answer.json()).error.details[0].path).toBe("document_id");
  });

  test("is for signed-in users", async () => {
    have();
    expect((await ask(DOCUMENT, null)).status).toBe(401);
  });
});
