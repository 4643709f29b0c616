import { beforeAll, describe, expect, it } from "vitest";
import {
  call,
  createUser,
  ENDED,
  fixture,
  llamaparse,
  newPdf,
  register,
  upload,
  type User,
  waitFor,
} from "./harness.ts";
import { useIdleStack } from "./hooks.ts";

describe("bad input", () => {
  const sql = useIdleStack();
  let user: User;
  beforeAll(async () => {
    user = await createUser();
  });

  /** Uploads and waits for the job to end. A failed job must give its reason and a reference that its events have. */
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

  it("fails a text file that is named and announced as a PDF", async () => {
    const paidBefore = await llamaparse.count("create");
    expect(await failureOf(await fixture("not_a_pdf.pdf"))).toBe("NOT_A_PDF");
    expect(await llamaparse.count("create")).toBe(paidBefore);
  });

  it("fails an upload whose digest differs from the announced one", async () => {
    const bytes = await newPdf();
    const code = await failureOf(bytes, { sha256: "ab".repeat(32) });
    expect(code).toBe("SHA256_MISMATCH");
  });

  it("fails an upload whose size differs from the announced one", async () => {
    const bytes = await newPdf();
    const code = await failureOf(bytes, { bytes_len: bytes.length + 1 });
    expect(code).toBe("SIZE_MISMATCH");
  });

  it("fails an encrypted PDF", async () => {
    expect(await failureOf(await fixture("encrypted.pdf"))).toBe(
      "PDF_IS_PROTECTED",
    );
  });

  it("fails an empty PDF", async () => {
    expect(await failureOf(await fixture("empty.pdf"))).toMatch(
      /^(NO_DATA_FOUND_IN_FILE|EMPTY_DOCUMENT)$/,
    );
  });

  it("fails a truncated PDF", async () => {
    expect(await failureOf(await fixture("truncated.pdf"))).toBe(
      "PDF_IS_BROKEN",
    );
  });

  it("accepts a damaged upload again, but refuses a document that is defective itself", async () => {
    const bytes = await newPdf();
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
    ["a malformed token", "not.a.token"],
  ])("returns 401 for %s", async (_case, token) => {
    const caller = token ? { ...user, token } : undefined;
    for (
      const [path, method] of [
        ["/api/upload-document-backend", "POST"],
        [`/api/documents/${crypto.randomUUID()}/status`, "GET"],
        ["/api/search", "POST"],
      ]
    ) {
      const { status, body, headers } = await call(path, {
        method,
        user: caller,
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
    ["a malformed sha256", { sha256: "xyz" }],
    ["a filename of control characters", { filename: "\u0000\u0007" }],
    ["a filename of 1001 characters", { filename: "x".repeat(1001) }],
    ["an unknown field", { file_name: "x.pdf" }],
  ])("returns 422 for %s and writes nothing", async (_case, changed) => {
    const [{ before }] = await sql`
      select count(*)::int as before from upload_pipeline.documents where user_id = ${user.id}`;
    const bytes = await newPdf();
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

  it("names the unknown field on every route", async () => {
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

  it("returns 413 for a large file, 415 for a refused type, and 400 for malformed JSON", async () => {
    const bytes = await newPdf();
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
