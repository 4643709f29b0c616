import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  call,
  createUser,
  ENDED,
  eventually,
  fixture,
  handbook,
  llamaparse,
  newPdf,
  openai,
  register,
  upload,
  type User,
  waitFor,
} from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const sql = useDatabase();
beforeEach(async () => {
  await llamaparse.reset();
  await openai.reset();
});
afterEach(async () => {
  await llamaparse.release();
});

const documents = (user: User, query = "") => call(`/api/documents${query}`, { user });
const job = (user: User, id: string) => call(`/api/jobs/${id}`, { user });
const retry = (user: User, id: string) => call(`/api/jobs/${id}/retry`, { method: "POST", user });

describe("GET /api/documents", () => {
  let user: User;
  const names = ["b report.pdf", "A 100%.pdf", "c Report.pdf", "a_x.pdf"];
  const ids: string[] = [];
  beforeAll(async () => {
    user = await createUser();
    for (const filename of names) {
      const { body } = await register(user, await newPdf(), {
        filename,
      });
      ids.push(body.document_id);
    }
  });

  /** All pages, two documents a page. */
  async function pages(query: string, between?: () => Promise<unknown>) {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const after: string = cursor ? `&cursor=${cursor}` : "";
      const { status, body } = await documents(
        user,
        `?limit=2&${query}${after}`,
      );
      expect([status, body.error]).toEqual([200, undefined]);
      seen.push(
        ...body.documents.map((each: { filename: string }) => each.filename),
      );
      cursor = body.next_cursor;
      await between?.();
    } while (cursor);
    return seen;
  }

  it("lists each document's status, newest first", async () => {
    const { body } = await documents(user);
    expect(body.next_cursor).toBeNull();
    expect(
      body.documents.map((each: { document_id: string }) => each.document_id),
    ).toEqual(ids.toReversed());
    const one = await call(`/api/documents/${ids[3]}/status`, { user });
    expect(body.documents[0]).toEqual(one.body);
  });

  it.each([
    ["sort=created_at&order=asc", names],
    ["sort=updated_at&order=desc", names.toReversed()],
  ])("returns pages: %s", async (query, expected) => {
    expect(await pages(query)).toEqual(expected);
  });

  it("returns pages by name, forward and backward", async () => {
    const forward = await pages("sort=filename&order=asc");
    expect(forward.toSorted()).toEqual(names.toSorted());
    expect(await pages("sort=filename&order=desc")).toEqual(
      forward.toReversed(),
    );
  });

  it("sorts by locale, and searches regardless of case, accents and Unicode form", async () => {
    const reader = await createUser();
    const sorted = [
      "2 b.pdf",
      "10 a.pdf",
      "Apfel 2.pdf",
      "apfel 10.pdf",
      "äpfel.pdf",
      "Birne.pdf",
      "Étudiants.pdf",
      "f.pdf",
      "re\u0301sume\u0301.pdf",
      "Straße.pdf",
      "zebra.pdf",
      "жук.pdf",
    ];
    for (const filename of sorted.toReversed()) {
      await register(reader, await newPdf(), { filename });
    }
    const listed = async (query: string) => {
      const names: string[] = [];
      for (let cursor = ""; cursor !== null;) {
        const { body } = await documents(
          reader,
          `?limit=2&sort=filename&${query}${cursor && `&cursor=${cursor}`}`,
        );
        names.push(
          ...body.documents.map((each: { filename: string }) => each.filename),
        );
        cursor = body.next_cursor;
      }
      return names;
    };
    const composed = sorted.map((name) => name.normalize("NFC"));
    expect(await listed("order=asc")).toEqual(composed);
    expect(await listed("order=desc")).toEqual(composed.toReversed());
    for (
      const [q, found] of [
        ["resume", "résumé.pdf"],
        ["RE\u0301SUME\u0301", "résumé.pdf"],
        ["strasse", "Straße.pdf"],
        ["étudiants", "Étudiants.pdf"],
        ["e\u0301tudiants", "Étudiants.pdf"],
        ["ЖУК", "жук.pdf"],
      ]
    ) {
      expect([q, await listed(`q=${encodeURIComponent(q)}`)])
        .toEqual([q, [found]]);
    }
  });

  it("distinguishes documents by the whole of a long name", async () => {
    const owner = await createUser();
    const whole = `${"Ä".repeat(200)} the end.pdf`;
    const { body: { document_id } } = await register(
      owner,
      await newPdf(),
      { filename: whole },
    );
    const { body } = await documents(owner, "?q=the+end&sort=filename");
    expect(body.documents).toEqual([
      expect.objectContaining({
        filename: `${"Ä".repeat(116)}.pdf`,
        filename_full: whole,
      }),
    ]);
    const status = await call(`/api/documents/${document_id}/status`, {
      user: owner,
    });
    expect(status.body).toEqual(body.documents[0]);
    const { body: exported } = await call("/api/account/export", {
      user: owner,
    });
    expect(exported).toContain(JSON.stringify(whole));
  });

  it("lists documents with equal timestamps once each", async () => {
    // Registered in one transaction, at instants that agree to the millisecond or entirely.
    const twin = await createUser();
    for (let n = 0; n < 5; n++) {
      await register(twin, await newPdf(), {
        filename: `${n}.pdf`,
      });
    }
    await sql`
      update upload_pipeline.documents
      set created_at = '2026-01-02 03:04:05.678000Z'::timestamptz
        + interval '1 microsecond' * (left(filename, 1)::int / 2)
      where user_id = ${twin.id}`;
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body }: Awaited<ReturnType<typeof call>> = await documents(
        twin,
        `?limit=1${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(body.documents[0].filename);
      cursor = body.next_cursor;
    }
    expect(seen).toHaveLength(5);
    expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4].map((n) => `${n}.pdf`));
  });

  it("filters by part of the name, status and state", async () => {
    const found = async (query: string) =>
      (await documents(user, `?sort=filename&order=asc&${query}`)).body
        .documents.map((each: { filename: string }) => each.filename);
    expect((await found("q=REPORT")).toSorted()).toEqual([
      "b report.pdf",
      "c Report.pdf",
    ]);
    expect(await found("q=0%25")).toEqual(["A 100%.pdf"]);
    expect(await found("q=a_x")).toEqual(["a_x.pdf"]);
    expect(await found("status=complete")).toEqual([]);
    expect(await found("state=queued&status=awaiting_upload")).toHaveLength(4);
  });

  it("keeps its pages stable when documents are added", async () => {
    const add = async () =>
      await register(user, await newPdf(), {
        filename: "meanwhile.pdf",
      });
    const seen = await pages("sort=created_at&order=desc", add);
    expect(seen).toEqual(names.toReversed());
  });

  it("lists no other user's documents", async () => {
    const other = await createUser();
    expect((await documents(other)).body.documents).toEqual([]);
  });

  it("returns 422 for invalid queries", async () => {
    for (const query of ["limit=101", "cursor=x", "status=unheard", "q=%00"]) {
      expect((await documents(user, `?${query}`)).status).toBe(422);
    }
  });
});

describe("GET /api/documents/{document_id}/download", () => {
  it("returns the original and the text to the owner only", async () => {
    const [user, other] = [await createUser(), await createUser()];
    const bytes = await newPdf();
    await llamaparse.faults({ hold: "get" });
    const { document_id } = await upload(user, bytes, {
      filename: "Jahresbericht & mehr #2.pdf",
    });
    const path = `/api/documents/${document_id}/download`;
    const early = await call(`${path}?variant=markdown`, { user });
    expect([early.status, early.body.error?.code]).toEqual([
      409,
      "not_parsed_yet",
    ]);
    await llamaparse.release();
    await waitFor(user, document_id, ["complete"]);

    const original = await call(path, { user });
    expect(original.status).toBe(200);
    expect(Date.parse(original.body.expires_at)).toBeGreaterThan(Date.now());
    const file = await fetch(original.body.url);
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(bytes);
    expect(file.headers.get("content-disposition")).toContain(
      encodeURIComponent("Jahresbericht & mehr #2.pdf"),
    );

    const markdown = await call(`${path}?variant=markdown`, { user });
    const text = await fetch(markdown.body.url);
    expect(await text.text()).toContain("Harbour Library");
    expect(text.headers.get("content-disposition")).toContain("%232.md");

    expect((await call(path, { user: other })).status).toBe(404);
  });

  it("returns 409 when the bytes never arrived", async () => {
    const user = await createUser();
    const { body } = await register(user);
    const answer = await call(
      `/api/documents/${body.document_id}/download`,
      { user },
    );
    expect([answer.status, answer.body.error.code]).toEqual([
      409,
      "not_uploaded_yet",
    ]);
  });
});

describe("jobs", () => {
  let user: User;
  let complete: { job_id: string; document_id: string };
  let failed: { job_id: string; document_id: string };
  beforeAll(async () => {
    user = await createUser();
    complete = await upload(user);
    failed = await upload(user, await fixture("encrypted.pdf"));
    await waitFor(user, complete.document_id, ENDED);
    await waitFor(user, failed.document_id, ENDED);
  });

  it("have exactly this shape, with their cost", async () => {
    const { status, body } = await job(user, complete.job_id);
    expect(status).toBe(200);
    expect(body).toEqual({
      job_id: complete.job_id,
      document_id: complete.document_id,
      status: "complete",
      state: "done",
      retry_count: 0,
      progress: { stage_pct: 100, total_pct: 100 },
      cost_cents: expect.any(Number),
      last_error: null,
      warnings: [],
      updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const [{ pages }] = await sql<{ pages: number }[]>`
      select page_count as pages from upload_pipeline.documents where document_id = ${complete.document_id}`;
    expect(body.cost_cents).toBeGreaterThan(pages * 0.375);
    expect(body.cost_cents).toBeLessThan(pages * 0.375 + 0.1);
  });

  it("are listed with a total, by state and in pages", async () => {
    const list = async (query: string) => (await call(`/api/jobs${query}`, { user })).body;
    const all = await list("");
    expect(all.total).toBe(2);
    expect(all.jobs.map((each: { job_id: string }) => each.job_id)).toEqual([
      failed.job_id,
      complete.job_id,
    ]);
    expect(all.jobs[1]).toEqual((await job(user, complete.job_id)).body);
    expect(await list("?state=deadletter&limit=1")).toEqual({
      jobs: [all.jobs[0]],
      total: 1,
    });
    expect(await list("?offset=1")).toEqual({ jobs: [all.jobs[1]], total: 2 });
    expect(await list("?offset=9")).toEqual({ jobs: [], total: 2 });
    const other = await createUser();
    const theirs = await call("/api/jobs", { user: other });
    expect(theirs.body).toEqual({ jobs: [], total: 0 });
  });

  it("restart from the failed stage when retried after a permanent failure", async () => {
    // As if it had failed for a transient reason.
    await sql`
      update upload_pipeline.upload_jobs set last_error = last_error || '{"code": "PARSE_CANCELLED"}'
      where job_id = ${failed.job_id}`;
    const { status, body } = await retry(user, failed.job_id);
    expect(status).toBe(202);
    expect(body).toMatchObject({ job_id: failed.job_id, status: "uploaded" });
    const ended = await waitFor(user, failed.document_id, ENDED);
    expect(ended.last_error.code).toBe("PDF_IS_PROTECTED");
  });

  it("skip the backoff when retried while retryable", async () => {
    await openai.faults({
      next_responses: [{
        route: "embeddings",
        status: 500,
        headers: { "retry-after": "600" },
      }],
    });
    const newcomer = await createUser();
    const { job_id, document_id } = await upload(newcomer, await handbook());
    const waiting = await eventually(async () => {
      const { body } = await job(newcomer, job_id);
      return body.state === "retryable" && body;
    }, "a failed attempt");
    expect(waiting.retry_count).toBe(1);
    expect(waiting.last_error.message).toMatch(/\(Reference: [0-9a-f-]{36}\)/);
    const status = await waitFor(newcomer, document_id, [waiting.status]);
    expect(Date.parse(status.next_attempt_at)).toBeGreaterThan(Date.now());

    const retried = await retry(newcomer, job_id);
    expect([retried.status, retried.body.state]).toEqual([
      202,
      expect.stringMatching(/^(queued|working|done)$/),
    ]);
    await waitFor(newcomer, document_id, ["complete"]);
  });

  it("refuse a retry when they have not failed or belong to another user", async () => {
    const done = await retry(user, complete.job_id);
    expect([done.status, done.body.error.code]).toEqual([400, "not_retryable"]);
    const other = await createUser();
    for (const id of [failed.job_id, crypto.randomUUID()]) {
      for (const answer of [await job(other, id), await retry(other, id)]) {
        expect([answer.status, answer.body.error.code]).toEqual([
          404,
          "job_not_found",
        ]);
      }
    }
  });
});
