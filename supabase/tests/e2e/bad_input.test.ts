import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  atRest,
  call,
  connect,
  createUser,
  ENDED,
  fixture,
  handbook,
  llamaparse,
  register,
  upload,
  type User,
  variant,
  waitFor,
} from "./harness.ts";

describe("bad input gets a clear error", () => {
  const sql = connect();
  let user: User;
  beforeAll(async () => {
    user = await createUser();
    await atRest(sql);
    await llamaparse.reset();
  });
  afterAll(() => sql.end());

  /** Uploads and waits for the job to end; a failed one must say why, with a reference that is in the events. */
  async function failureOf(
    bytes: Uint8Array,
    announced: Record<string, unknown> = {},
  ) {
    const { document_id } = await upload(user, bytes, announced);
    const status = await waitFor(user, document_id, ENDED);
    expect(status.status).toBe("failed_parse");
    expect(status.state).toBe("deadletter");
    const reference = /\(Reference: ([0-9a-f-]{36})\)/.exec(
      status.last_error.message,
    )?.[1];
    const [event] = await sql`
      select code from upload_pipeline.events where event_id = ${reference!} and document_id = ${document_id}`;
    expect(event.code).toBe(status.last_error.code);
    const [{ chunks }] = await sql`
      select count(*)::int as chunks from upload_pipeline.document_chunks where document_id = ${document_id}`;
    expect(chunks).toBe(0);
    return status.last_error.code;
  }

  it("a text file with a PDF's name", async () => {
    const paidBefore = await llamaparse.count("create");
    expect(await failureOf(await fixture("not_a_pdf.pdf"))).toBe("NOT_A_PDF");
    expect(await llamaparse.count("create")).toBe(paidBefore);
  });

  it("other bytes than were announced", async () => {
    const bytes = variant(await handbook());
    const code = await failureOf(bytes, { sha256: "ab".repeat(32) });
    expect(code).toBe("SHA256_MISMATCH");
  });

  it("another size than was announced", async () => {
    const bytes = variant(await handbook());
    const code = await failureOf(bytes, { bytes_len: bytes.length + 1 });
    expect(code).toBe("SIZE_MISMATCH");
  });

  it("an encrypted PDF", async () => {
    expect(await failureOf(await fixture("encrypted.pdf"))).toBe(
      "PDF_IS_PROTECTED",
    );
  });

  it("an empty PDF", async () => {
    expect(await failureOf(await fixture("empty.pdf"))).toMatch(
      /^(NO_DATA_FOUND_IN_FILE|EMPTY_DOCUMENT)$/,
    );
  });

  it("a PDF that was cut off", async () => {
    expect(await failureOf(await fixture("truncated.pdf"))).toBe(
      "PDF_IS_BROKEN",
    );
  });

  it("and what came damaged can be uploaded again, but not what is as it was", async () => {
    const bytes = variant(await handbook());
    const announced = { sha256: "cd".repeat(32) };
    await failureOf(bytes, announced);
    expect((await register(user, bytes, announced)).status).toBe(200);
    const { status, body } = await register(
      user,
      await fixture("encrypted.pdf"),
    );
    expect([status, body]).toMatchObject([409, {
      error_type: "document_refused",
      document_title: "a document.pdf",
      error: {
        code: "document_refused",
        message: expect.stringContaining("password"),
        details: { reason: "PDF_IS_PROTECTED" },
      },
    }]);
  });

  it.each([
    ["no token", undefined],
    ["a token that is none", "not.a.token"],
  ])("%s", async (_case, token) => {
    const nobody = token ? { ...user, token } : undefined;
    for (
      const [path, method] of [
        ["/api/upload-document-backend", "POST"],
        [`/api/documents/${crypto.randomUUID()}/status`, "GET"],
        ["/api/search", "POST"],
      ]
    ) {
      const { status, body, headers } = await call(path, {
        method,
        user: nobody,
        ...method === "POST" && { json: {} },
      });
      expect([path, status, body.error.code]).toEqual([
        path,
        401,
        "unauthorized",
      ]);
      expect(body.error.request_id).toBe(headers.get("x-request-id"));
    }
  });

  it.each([
    ["an empty body", {}],
    ["a file without bytes", { bytes_len: 0 }],
    ["a sha256 that is none", { sha256: "xyz" }],
    ["a name of control characters", { filename: "\u0000\u0007" }],
    ["a name that no reader reads", { filename: "x".repeat(1001) }],
    ["a field that nobody knows", { file_name: "x.pdf" }],
  ])("%s is 422 and writes nothing", async (_case, changed) => {
    const [{ before }] = await sql`
      select count(*)::int as before from upload_pipeline.documents where user_id = ${user.id}`;
    const bytes = variant(await handbook());
    const { status, body } = Object.keys(changed).length > 0
      ? await register(user, bytes, changed)
      : await call("/api/upload-document-backend", {
        method: "POST",
        user,
        json: {},
      });
    expect(status).toBe(422);
    expect(body.error.code).toBe("validation_failed");
    expect(body.error.details.length).toBeGreaterThan(0);
    const [{ after }] = await sql`
      select count(*)::int as after from upload_pipeline.documents where user_id = ${user.id}`;
    expect(after).toBe(before);
  });

  it("names the field that nobody knows, wherever it was sent", async () => {
    for (
      const [path, method, json] of [
        ["/api/auth/login", "POST", { email: "a@b.test", password: "x" }],
        ["/api/search", "POST", { query: "x" }],
        ["/api/account", "DELETE", { password: "x" }],
        [`/api/jobs/${crypto.randomUUID()}/retry`, "POST", {}],
        ["/api/upload-document-backend", "POST", { documents: [{}] }],
      ] as const
    ) {
      const { status, body } = await call(path, {
        method,
        user,
        json: { ...json, colour: "red" },
      });
      expect([path, status, body.error.code, body.error.details]).toEqual([
        path,
        422,
        "validation_failed",
        [{ path: "colour", message: expect.any(String) }],
      ]);
    }
    const { status, body } = await call("/api/documents?colour=red", { user });
    expect([status, body.error.details[0].path]).toEqual([422, "colour"]);
    const { status: known } = await call(
      "/api/documents?forceFunctionRegion=eu-west-1",
      { user },
    );
    expect(known).toBe(200);
  });

  it("a file that is too large, of a type that is not taken, or JSON that is none", async () => {
    const bytes = variant(await handbook());
    const large = await register(user, bytes, { bytes_len: 2 ** 30 });
    expect([large.status, large.body.error.code]).toEqual([
      413,
      "file_too_large",
    ]);
    const image = await register(user, bytes, { mime: "image/png" });
    expect([image.status, image.body.error.code]).toEqual([
      415,
      "unsupported_type",
    ]);
    const broken = await call("/api/upload-document-backend", {
      method: "POST",
      user,
      body: "{",
      headers: { "content-type": "application/json" },
    });
    expect([broken.status, broken.body.error.code]).toEqual([
      400,
      "invalid_json",
    ]);
  });
});
