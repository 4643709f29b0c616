import { beforeEach, describe, expect, test, vi } from "vitest";
import { ProviderError } from "../../_shared/errors.ts";
import type { Registration } from "../queries.ts";
import { DOCUMENT, FakeWorld, JOB, LIMITS, OTHER_USER, RAW_PATH, USER } from "../testing/fakes.ts";

const ROUTE = "/api/upload-document-backend";
const REQUEST = {
  filename: "report.pdf",
  bytes_len: 1234,
  mime: "application/pdf",
  sha256: "0331f3c86b9de0f8ff372c486bed5572e843c4b6d5f5502e283e1a9483f4635d",
};

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

/**
 * An own property even with the name `__proto__`, as a JSON parser creates it.
 */
function fieldOf(name: string, value: unknown): Record<string, unknown> {
  return Object.fromEntries([[name, value]]);
}

function registerAs(registration: Registration) {
  world.queries.registerUpload = () => Promise.resolve(registration);
}

describe("a registration in JSON", () => {
  test("answers the ids, the signed URL and its expiry", async () => {
    const before = Date.now();
    const answer = await world.request(ROUTE, {
      json: REQUEST,
      headers: { "x-request-id": "trace-1" },
    });
    expect(answer.status).toBe(200);
    const body = await answer.json();
    expect(body).toEqual({
      job_id: JOB,
      document_id: DOCUMENT,
      signed_url: `https://files.example/${RAW_PATH}?token=t`,
      upload_expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const seconds = (Date.parse(body.upload_expires_at) - before) / 1000;
    expect(Math.abs(seconds - LIMITS.upload_url_seconds)).toBeLessThan(5);
    expect(world.registered).toEqual([{
      userId: USER,
      filename: "report.pdf",
      mime: "application/pdf",
      bytesLen: 1234,
      sha256: REQUEST.sha256,
      ocr: false,
      origin: { requestId: "trace-1", network: null },
    }]);
  });

  test("continues an upload that was begun before", async () => {
    registerAs({
      outcome: "resumed",
      jobId: JOB,
      documentId: DOCUMENT,
      rawPath: RAW_PATH,
      expiresAt: new Date(),
    });
    const answer = await world.request(ROUTE, { json: REQUEST });
    expect(answer.status).toBe(200);
    expect((await answer.json()).job_id).toBe(JOB);
  });

  test("has one URL signed, and another one when the document has another path", async () => {
    const { signUpload } = world.storage;
    const signed: string[] = [];
    world.storage.signUpload = (path) => {
      signed.push(path);
      return signUpload(path);
    };
    await world.request(ROUTE, { json: REQUEST });
    expect(signed).toEqual([RAW_PATH]);

    const rawPath = RAW_PATH.replace(/pdf$/, "md");
    registerAs({
      outcome: "resumed",
      jobId: JOB,
      documentId: DOCUMENT,
      rawPath,
      expiresAt: new Date(),
    });
    const answer = await world.request(ROUTE, { json: REQUEST });
    expect((await answer.json()).signed_url).toContain(rawPath);
    expect(signed).toEqual([RAW_PATH, RAW_PATH, rawPath]);
  });

  test("answers its refusal without waiting for the signed URL", async () => {
    for (const fate of [new Promise<never>(() => {}), Promise.reject("down")]) {
      world.storage.signUpload = () => fate;
      registerAs({ outcome: "too_large", limit: 100 });
      const answer = await world.request(ROUTE, { json: REQUEST });
      expect(answer.status).toBe(413);
      expect(await answer.text()).not.toContain("token=");
    }
  });

  test("answers 401 without a token before its body is read", async () => {
    const answer = await world.request(ROUTE, { json: REQUEST, user: null });
    expect(answer.status).toBe(401);
    expect(world.registered).toEqual([]);
  });

  test.each([
    ["filename", undefined],
    ["filename", ""],
    ["filename", "\u0000\u001f\u007f"],
    ["filename", "x".repeat(1001)],
    ["filename", 7],
    ["bytes_len", undefined],
    ["bytes_len", 0],
    ["bytes_len", -1],
    ["bytes_len", 1.5],
    ["bytes_len", "12"],
    ["bytes_len", 2 ** 60],
    ["mime", 7],
    ["mime", "x".repeat(256)],
    ["sha256", undefined],
    ["sha256", REQUEST.sha256.toUpperCase()],
    ["sha256", REQUEST.sha256.slice(1)],
    ["sha256", `${REQUEST.sha256}\n`],
    ["ocr", "yes"],
    ["policy_id", "a\u0000b"],
    ["policy_id", "x".repeat(129)],
    ["Filename", "x.pdf"],
    ["__proto__", 1],
  ])(
    "answers 422 that names the field when its %s is %j",
    async (field, value) => {
      const answer = await world.request(ROUTE, {
        json: { ...REQUEST, ...fieldOf(field, value) },
      });
      expect(answer.status).toBe(422);
      const { error } = await answer.json();
      expect(error.code).toBe("validation_failed");
      expect(error.details).toEqual([{
        path: field,
        message: expect.any(String),
      }]);
      expect(world.registered).toEqual([]);
    },
  );

  test.each([
    ["a\u0000b\r\n.pdf", "ab.pdf"],
    ["invoice\u202Efdp.exe", "invoicefdp.exe"],
    ["  padded.pdf ", "padded.pdf"],
    [`\u0007${"x".repeat(120)}`, "x".repeat(120)],
    ["😀".repeat(120), "😀".repeat(120)],
    ["../../etc/passwd", "../../etc/passwd"],
  ])("stores the name %j as %j", async (sent, kept) => {
    const json = { ...REQUEST, filename: sent };
    expect((await world.request(ROUTE, { json })).status).toBe(200);
    expect(world.registered[0].filename).toBe(kept);
  });

  test("shortens a name of more than 120 characters, and stores the whole", async () => {
    const filename = `${"x".repeat(300)}.pdf`;
    await world.request(ROUTE, { json: { ...REQUEST, filename } });
    expect(world.registered[0]).toMatchObject({
      filename: `${"x".repeat(116)}.pdf`,
      filenameFull: filename,
    });
  });

  test.each([
    ["report.pdf", undefined, "application/pdf"],
    ["report.pdf", "Application/X-PDF", "application/pdf"],
    ["notes.md", "text/plain;charset=utf-8", "text/markdown"],
    ["report", "", "application/octet-stream"],
  ])("of %s as %j is registered as %s", async (filename, mime, expected) => {
    await world.request(ROUTE, { json: { ...REQUEST, filename, mime } });
    expect(world.registered[0].mime).toBe(expected);
  });

  test("answers 415 when neither name nor type identifies the file's type", async () => {
    registerAs({ outcome: "unsupported_type" });
    const json = { ...REQUEST, filename: "a.bin", mime: "" };
    const answer = await world.request(ROUTE, { json });
    expect(answer.status).toBe(415);
    expect((await answer.json()).error.message).toBe(
      "Neither the name's extension nor `mime` identifies the file's type. Correct one of them; accepted are: application/pdf.",
    );
  });

  test("stores its reference", async () => {
    const json = { ...REQUEST, policy_id: "P-1" };
    await world.request(ROUTE, { json });
    expect(world.registered[0].policyId).toBe("P-1");
  });

  test("names unknown fields, up to a number and a length", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [`f${n}${"x".repeat(100)}`, n]),
    );
    const answer = await world.request(ROUTE, {
      json: { ...REQUEST, ...many },
    });
    expect(answer.status).toBe(422);
    const { error } = await answer.json();
    expect(error.details).toHaveLength(20);
    expect(error.details[0].path).toHaveLength(100);
  });

  test("answers 409 with the original's fields when the user already has the bytes", async () => {
    registerAs({
      outcome: "duplicate",
      documentId: DOCUMENT,
      filename: "first.pdf",
      lastUploaded: new Date("2026-01-02T03:04:05Z"),
    });
    const answer = await world.request(ROUTE, { json: REQUEST });
    expect(answer.status).toBe(409);
    const body = await answer.json();
    expect(body).toMatchObject({
      error_type: "duplicate_document",
      message: expect.stringContaining("first.pdf"),
      document_id: DOCUMENT,
      document_title: "first.pdf",
      last_uploaded: "2026-01-02T03:04:05.000Z",
      error: { code: "duplicate_document", message: body.message },
    });
  });

  test.each<[Registration, number, string, unknown]>([
    [
      { outcome: "too_large", limit: 100 },
      413,
      "file_too_large",
      { max_file_bytes: 100 },
    ],
    [
      { outcome: "unsupported_type" },
      415,
      "unsupported_type",
      { allowed: ["application/pdf"] },
    ],
    [
      {
        outcome: "daily_limit",
        limitName: "uploads_per_user_per_day",
        limit: 30,
        retryAfterSeconds: 3601,
      },
      429,
      "daily_limit",
      { limit: 30, limit_name: "uploads_per_user_per_day" },
    ],
    [
      {
        outcome: "budget_spent",
        whose: "user",
        limit: 500,
        retryAfterSeconds: 3601,
      },
      402,
      "monthly_budget_spent",
      {
        budget: "user",
        monthly_cents: 500,
        resets_at: expect.stringMatching(/^\d{4}-/),
      },
    ],
    [
      {
        outcome: "budget_spent",
        whose: "project",
        limit: 500,
        retryAfterSeconds: 3601,
      },
      402,
      "monthly_budget_spent",
      { budget: "project" },
    ],
  ])("that the database refuses as %j answers %d %s", async (
    registration,
    status,
    code,
    details,
  ) => {
    registerAs(registration);
    const answer = await world.request(ROUTE, { json: REQUEST });
    expect(answer.status).toBe(status);
    expect((await answer.json()).error).toMatchObject({ code, details });
    expect(answer.headers.get("retry-after")).toBe(
      status === 429 ? "3601" : null,
    );
  });

  test("answers 503 when Storage cannot sign", async () => {
    world.storage.signUpload = () =>
      Promise.reject(
        new ProviderError("transient", "STORAGE_UNAVAILABLE", {
          message: "down",
        }),
      );
    const answer = await world.request(ROUTE, { json: REQUEST });
    expect(answer.status).toBe(503);
    expect((await answer.json()).error.code).toBe("storage_unavailable");
  });
});

describe("an upload in one multipart request", () => {
  const PDF = new TextEncoder().encode("%PDF-1.7\nnot much of one\n%%EOF");

  function send(form: FormData) {
    return world.request(ROUTE, { method: "POST", body: form });
  }
  function formOf(
    bytes: Uint8Array<ArrayBuffer>,
    { name = "report.pdf", type = "application/pdf" } = {},
  ) {
    const form = new FormData();
    form.append("file", new File([bytes], name, { type }));
    return form;
  }

  test("stores the bytes under their digest and answers without a URL", async () => {
    const form = formOf(PDF);
    form.append("policy_id", "policy-1");
    const answer = await send(form);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      job_id: JOB,
      document_id: DOCUMENT,
      signed_url: null,
      upload_expires_at: expect.any(String),
    });
    const digest = await crypto.subtle.digest("SHA-256", PDF);
    expect(world.registered[0]).toMatchObject({
      filename: "report.pdf",
      mime: "application/pdf",
      bytesLen: PDF.byteLength,
      sha256: new Uint8Array(digest).toHex(),
    });
    expect(world.stored.get(RAW_PATH)).toEqual(PDF);
  });

  test.each(["", "application/octet-stream"])(
    "of type %j is accepted as the PDF that it is",
    async (type) => {
      expect((await send(formOf(PDF, { type }))).status).toBe(200);
      expect(world.registered[0].mime).toBe("application/pdf");
    },
  );

  test("answers 415 and stores nothing when the file is no PDF", async () => {
    const answer = await send(formOf(new TextEncoder().encode("GIF89a")));
    expect(answer.status).toBe(415);
    expect((await answer.json()).error.code).toBe("unsupported_type");
    expect(world.registered).toEqual([]);
    expect(world.stored.size).toBe(0);
  });

  test("has the type that its content and name show", async () => {
    const text = new TextEncoder().encode("# Notes");
    const png = new Uint8Array([
      0x89,
      0x50,
      0x4e,
      0x47,
      0x0d,
      0x0a,
      0x1a,
      0x0a,
    ]);
    for (
      const [bytes, name, mime] of [
        [text, "notes.MD", "text/markdown"],
        [text, "notes", "text/plain"],
        [png, "notes.md", "image/png"],
      ] as const
    ) {
      expect((await send(formOf(bytes, { name, type: "" }))).status).toBe(200);
      expect(world.registered.at(-1)?.mime).toBe(mime);
    }
  });

  test("is not stored when the database refuses it", async () => {
    registerAs({
      outcome: "daily_limit",
      limitName: "uploads_per_user_per_day",
      limit: 30,
      retryAfterSeconds: 5,
    });
    expect((await send(formOf(PDF))).status).toBe(429);
    expect(world.stored.size).toBe(0);
  });

  test("answers 422 without a file, or with text in its place", async () => {
    const text = new FormData();
    text.append("file", "report.pdf");
    for (const form of [new FormData(), text]) {
      const answer = await send(form);
      expect(answer.status).toBe(422);
      expect((await answer.json()).error.details[0].path).toBe("file");
    }
  });

  test.each(["file", "files", "file[]", "files[]"])(
    "of several files under %s has a result for each, as a batch has",
    async (name) => {
      const form = new FormData();
      form.append(name, new File([PDF], "one.pdf", { type: "" }));
      form.append(name, new File(["GIF89a"], "two.pdf"));
      form.append("file", new File([PDF, "x"], "three"));
      form.append("ocr", "true");
      form.append("policy_id", "P-1");
      const answer = await send(form);
      expect(answer.status).toBe(200);
      const { documents } = await answer.json();
      expect(documents).toEqual([
        {
          index: 0,
          ok: true,
          job_id: JOB,
          document_id: DOCUMENT,
          signed_url: null,
          upload_expires_at: expect.any(String),
        },
        {
          index: 1,
          ok: false,
          error: {
            code: "unsupported_type",
            message:
              "The file is a GIF image, although its name or its type says that it is a PDF; accepted are: application/pdf.",
            details: { allowed: ["application/pdf"] },
          },
        },
        expect.objectContaining({ index: 2, ok: true }),
      ]);
      expect(
        world.registered.map(({ filename, mime, ocr, policyId }) => [
          filename,
          mime,
          ocr,
          policyId,
        ]),
      ).toEqual([
        ["one.pdf", "application/pdf", true, "P-1"],
        ["three", "application/pdf", true, "P-1"],
      ]);
    },
  );

  test("of several files takes effect once under an Idempotency-Key", async () => {
    const batch = () => {
      const form = formOf(PDF);
      form.append("file", new File([PDF, "x"], "two.pdf"));
      return world.request(ROUTE, {
        method: "POST",
        body: form,
        headers: { "idempotency-key": "forms" },
      });
    };
    const first = await (await batch()).text();
    expect(await (await batch()).text()).toBe(first);
    expect(world.registered).toHaveLength(2);
  });

  test("answers 422 when it has more files than a batch may have", async () => {
    const form = new FormData();
    for (let n = 0; n < 51; n++) {
      form.append("file", new File([PDF], `${n}.pdf`));
    }
    const answer = await send(form);
    expect(answer.status).toBe(422);
    expect((await answer.json()).error.message).toContain("51");
    expect(world.registered).toEqual([]);
  });

  test.each<[string, (form: FormData) => void]>([
    ["policy_id", (form) => {
      form.append("policy_id", "a");
      form.append("policy_id", "b");
    }],
    ["ocr", (form) => form.append("ocr", "yes")],
    ["policy_id", (form) => form.append("policy_id", new File(["x"], "x"))],
    ["file", (form) => form.append("file", "a file without a name")],
    ["title", (form) => form.append("title", "x")],
    ["__proto__", (form) => form.append("__proto__", "x")],
    ["document", (form) => form.append("document", new File([PDF], "b.pdf"))],
  ])(
    "answers 422 that names the field when its %s is invalid, unknown or sent twice",
    async (field, add) => {
      const form = formOf(PDF);
      add(form);
      const answer = await send(form);
      expect(answer.status).toBe(422);
      const { error } = await answer.json();
      expect(error.details.map(({ path }: { path: string }) => path)).toEqual([
        field,
      ]);
      expect(world.registered).toEqual([]);
    },
  );

  test("answers 422 when the file input was left empty", async () => {
    const answer = await send(formOf(new Uint8Array(), { name: "", type: "" }));
    expect(answer.status).toBe(422);
    const { error } = await answer.json();
    expect(error.details.map(({ path }: { path: string }) => path).toSorted())
      .toEqual(["bytes_len", "filename"]);
  });

  test.each([
    [
      "has a part without a name",
      '--x\r\ncontent-disposition: form-data; filename="b.pdf"\r\n\r\n%PDF-\r\n--x--\r\n',
      "has no name",
    ],
    ["breaks off", "", "incomplete"],
  ])("answers 400 with the reason when it %s", async (_case, rest, message) => {
    const file =
      '--x\r\ncontent-disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-\r\n--xylophone --x-- \r\n';
    const answer = await world.request(ROUTE, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body: file + rest,
    });
    expect(answer.status).toBe(400);
    const { error } = await answer.json();
    expect([error.code, error.message]).toEqual([
      "invalid_form",
      expect.stringContaining(message),
    ]);
    expect(world.registered).toEqual([]);
  });

  test("is read unchanged, whatever the size and bytes of its contents", async () => {
    const large = new Uint8Array(60_000).fill(0x2d);
    large.set(PDF);
    large.set(new TextEncoder().encode("\r\n--x\r\n--y--\r\n\r\n"), 20_000);
    const form = formOf(large, { name: "a b ü.pdf" });
    form.append("file", new File([PDF], "small.pdf"));
    form.append("ocr", "true");
    const answer = await send(form);
    expect(answer.status).toBe(200);
    expect(world.registered.map(({ filename, bytesLen, ocr }) => [
      filename,
      bytesLen,
      ocr,
    ])).toEqual([
      ["a b ü.pdf", large.length, true],
      ["small.pdf", PDF.length, true],
    ]);
    expect(world.stored.get(RAW_PATH)).toEqual(PDF);
  });

  test.each([
    [
      "a field that is too long",
      () => {
        const form = formOf(PDF);
        form.append("policy_id", "x".repeat(20_000));
        return form;
      },
      422,
      "validation_failed",
    ],
    [
      "too many parts",
      () => {
        const form = formOf(PDF);
        for (let n = 0; n < 300; n++) form.append(`field${n}`, "x");
        return form;
      },
      400,
      "invalid_form",
    ],
  ])("is refused with %s", async (_what, make, status, code) => {
    const answer = await send(make());
    expect(answer.status).toBe(status);
    expect((await answer.json()).error.code).toBe(code);
    expect(world.registered).toEqual([]);
  });

  test("answers 503 with Retry-After beyond the capacity, which a received form releases", async () => {
    const held = Promise.withResolvers<void>();
    world.storage.put = () => held.promise;
    const large = new Uint8Array(LIMITS.max_file_bytes).fill(0x20);
    large.set(PDF);
    const api = world.api();
    const sendToIt = () =>
      api.request(ROUTE, {
        method: "POST",
        headers: { authorization: `Bearer ${USER}` },
        body: formOf(large),
      });
    const answers: (Response | Promise<Response>)[] = [];
    let busy: Response | void = undefined;
    while (!busy && answers.length < 400) {
      const answer = sendToIt();
      answers.push(answer);
      busy = await Promise.race([
        answer,
        new Promise<void>((resolve) => setTimeout(resolve, 5)),
      ]);
    }
    if (!busy) throw new Error("there was room for all of them");
    expect(busy.status).toBe(503);
    expect(Number(busy.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await busy.json()).error.code).toBe("too_busy");
    held.resolve();
    await Promise.all(answers);
    expect((await sendToIt()).status).toBe(200);
  });

  test("answers 422 for an empty file", async () => {
    const empty = formOf(new Uint8Array(), { type: "text/plain" });
    const answer = await send(empty);
    expect(answer.status).toBe(422);
    expect((await answer.json()).error.details[0].path).toBe("bytes_len");
  });

  test("answers 400 when the body is no form", async () => {
    const answer = await world.request(ROUTE, {
      method: "POST",
      headers: { "content-type": "multipart/form-data" },
      body: "without a boundary",
    });
    expect(answer.status).toBe(400);
    expect((await answer.json()).error.code).toBe("invalid_form");
  });

  test("answers 413 before it is read when it is larger than any file may be", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        sent += 64 * 1024;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    const answer = await world.request(ROUTE, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body: endless,
    });
    expect(answer.status).toBe(413);
    expect((await answer.json()).error.code).toBe("file_too_large");
    expect(sent).toBeLessThan(LIMITS.max_file_bytes + 4 * 64 * 1024);
  });
});

describe("an Idempotency-Key", () => {
  const send = (key: string, json: unknown = REQUEST, user = USER) =>
    world.request(ROUTE, { json, user, headers: { "idempotency-key": key } });

  test("gets the same response again, without a second effect", async () => {
    const first = await send("key-1");
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    const second = await send("key-1");
    expect(second.status).toBe(200);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(await second.text()).toBe(await first.text());
    expect(world.registered).toHaveLength(1);
  });

  test("answers 422 without effect when it comes with another request", async () => {
    await send("key-1");
    const other = await send("key-1", { ...REQUEST, filename: "other.pdf" });
    expect(other.status).toBe(422);
    expect((await other.json()).error.code).toBe("idempotency_key_reused");
    expect(world.registered).toHaveLength(1);
  });

  test("identifies a request whatever the order and spacing of its JSON", async () => {
    await send("key-1");
    const { sha256, ...rest } = REQUEST;
    const again = await send("key-1", { sha256, ...rest, ocr: false });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  test("is separate for each user", async () => {
    await send("key-1");
    const other = await send("key-1", REQUEST, OTHER_USER);
    expect(other.headers.get("idempotency-replayed")).toBeNull();
    expect(world.registered).toHaveLength(2);
  });

  test("answers 409 with Retry-After when the first request is still running", async () => {
    let begun!: () => void;
    const isBegun = new Promise<void>((resolve) => begun = resolve);
    let go!: () => void;
    const going = new Promise<void>((resolve) => go = resolve);
    const { registerUpload } = world.queries;
    world.queries.registerUpload = async (upload) => {
      begun();
      await going;
      return registerUpload(upload);
    };
    const first = send("key-1");
    await isBegun;
    const second = await send("key-1");
    expect(second.status).toBe(409);
    expect(second.headers.get("retry-after")).toBe("15");
    expect((await second.json()).error.code).toBe("idempotency_key_in_use");
    go();
    expect((await first).status).toBe(200);
    expect(world.registered).toHaveLength(1);
  });

  test("is prolonged while its request runs, and no longer", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const { registerUpload } = world.queries;
      world.queries.registerUpload = async (upload) => {
        vi.advanceTimersByTime(12_000);
        return await registerUpload(upload);
      };
      expect((await send("key-1")).status).toBe(200);
      expect(world.prolonged).toHaveLength(2);
      vi.advanceTimersByTime(60_000);
      expect(world.prolonged).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is free for another try when its request was refused", async () => {
    const { registerUpload } = world.queries;
    registerAs({
      outcome: "daily_limit",
      limitName: "uploads_per_user_per_day",
      limit: 30,
      retryAfterSeconds: 1,
    });
    expect((await send("key-1")).status).toBe(429);
    world.queries.registerUpload = registerUpload;
    const again = await send("key-1");
    expect(again.status).toBe(200);
    expect(again.headers.get("idempotency-replayed")).toBeNull();
  });

  test.each(["", "a b", "x".repeat(256)])(
    "answers 422 when it is %j",
    async (key) => {
      const answer = await send(key);
      expect(answer.status).toBe(422);
      const { error } = await answer.json();
      expect(error.details[0].path).toBe("Idempotency-Key");
      expect(world.registered).toEqual([]);
    },
  );
});

describe("a batch", () => {
  const send = (documents: unknown, headers = {}) => world.request(ROUTE, { json: { documents }, headers });

  test("has a result for each document, in order", async () => {
    const { registerUpload } = world.queries;
    world.queries.registerUpload = (upload) =>
      upload.filename === "known.pdf"
        ? Promise.resolve({
          outcome: "duplicate",
          documentId: DOCUMENT,
          filename: "first.pdf",
          lastUploaded: new Date(0),
        })
        : upload.filename === "late.pdf"
        ? Promise.resolve({
          outcome: "daily_limit",
          limitName: "uploads_per_user_per_day",
          limit: 30,
          retryAfterSeconds: 9,
        })
        : registerUpload(upload);
    const answer = await send([
      REQUEST,
      { ...REQUEST, filename: "known.pdf" },
      { ...REQUEST, sha256: "xyz" },
      "nothing",
      { ...REQUEST, filename: "late.pdf" },
      { ...REQUEST, filename: "last.pdf" },
    ]);
    expect(answer.status).toBe(200);
    const { documents } = await answer.json();
    expect(documents).toMatchObject([
      {
        index: 0,
        ok: true,
        job_id: JOB,
        document_id: DOCUMENT,
        signed_url: expect.any(String),
        upload_expires_at: expect.any(String),
      },
      {
        index: 1,
        ok: false,
        error: { code: "duplicate_document" },
        error_type: "duplicate_document",
        document_id: DOCUMENT,
      },
      {
        index: 2,
        ok: false,
        error: { code: "validation_failed", details: [{ path: "sha256" }] },
      },
      { index: 3, ok: false, error: { code: "validation_failed" } },
      { index: 4, ok: false, error: { code: "daily_limit" } },
      { index: 5, ok: true },
    ]);
    expect(world.registered.map(({ filename }) => filename)).toEqual([
      "report.pdf",
      "last.pdf",
    ]);
  });

  test("accepts fifty documents, and refuses more or none", async () => {
    const many = Array.from({ length: 51 }, () => REQUEST);
    const { documents } = await (await send(many.slice(1))).json();
    expect(documents.map(({ index }: { index: number }) => index)).toEqual(
      [...many.slice(1).keys()],
    );
    expect(world.registered).toHaveLength(50);
    for (const documents of [many, [], "x", null]) {
      const answer = await send(documents);
      expect(answer.status).toBe(422);
      expect((await answer.json()).error.details[0].path).toBe("documents");
    }
    expect(world.registered).toHaveLength(50);
  });

  test("has an error for each document that Storage could not sign", async () => {
    let calls = 0;
    const { signUpload } = world.storage;
    world.storage.signUpload = (path) =>
      ++calls === 1
        ? Promise.reject(
          new ProviderError("transient", "STORAGE_UNAVAILABLE", {
            message: "down",
          }),
        )
        : signUpload(path);
    const { documents } = await (await send([REQUEST, REQUEST])).json();
    expect(documents).toMatchObject([
      { ok: false, error: { code: "storage_unavailable" } },
      { ok: true },
    ]);
  });

  test("fails as a whole when the database does", async () => {
    world.queries.registerUpload = () =>
      Promise.reject(
        Object.assign(new Error("gone"), { code: "ECONNREFUSED" }),
      );
    expect((await send([REQUEST])).status).toBe(503);
  });

  test("takes effect once under an Idempotency-Key", async () => {
    const headers = { "idempotency-key": "batch-1" };
    const first = await (await send([REQUEST], headers)).text();
    const again = await send([REQUEST], headers);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await again.text()).toBe(first);
    expect((await send([REQUEST, REQUEST], headers)).status).toBe(422);
    expect(world.registered).toHaveLength(1);
  });
});

describe("the limits", () => {
  test("are those in force", async () => {
    const answer = await world.request("/api/upload/limits");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      ...LIMITS,
      used: { documents: 3, bytes: 30, uploads_today: 1, pages_today: 2 },
      monthly_budget: null,
    });
  });

  test("show users their budget and what is spent of it", async () => {
    world.queries.monthlyBudget = (userId) =>
      Promise.resolve(
        userId !== USER ? null : {
          monthly_cents: 500,
          spent_cents: 12.5,
          reserved_cents: 3,
          resets_at: new Date("2026-12-01T00:00:00Z"),
        },
      );
    const answer = await world.request("/api/upload/limits");
    expect((await answer.json()).monthly_budget).toEqual({
      monthly_cents: 500,
      spent_cents: 12.5,
      reserved_cents: 3,
      resets_at: "2026-12-01T00:00:00.000Z",
    });
  });

  test("require a signed-in user", async () => {
    const answer = await world.request("/api/upload/limits", { user: null });
    expect(answer.status).toBe(401);
  });
});
