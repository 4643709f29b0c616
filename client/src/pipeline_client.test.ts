import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { afterEach, describe, expect, it } from "vitest";
import { createPipelineClient, type PipelineClient, PipelineError } from "./index.ts";

const DOCUMENT = "0b780576-24d4-5f60-a700-b14c08f7da3e";
const ABC = new TextEncoder().encode("abc");
const ABC_SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const ROW = {
  document_id: DOCUMENT,
  job_id: "1b780576-24d4-5f60-a700-b14c08f7da3e",
  filename: "a.pdf",
  filename_full: "a.pdf",
  status: "parse_queued",
  state: "working",
  stage_pct: 0,
  total_pct: 10,
  created_at: "2026-11-01T10:00:00.123456+00:00",
  updated_at: "2026-11-01T10:00:01+00:00",
  bytes_len: 3,
  mime: "application/pdf",
  policy_id: null,
  next_attempt_at: null,
  queue_position: null,
  waiting_for: null,
  last_error: null,
  warnings: [],
  title: null,
};

let server: Deno.HttpServer<Deno.NetAddr> | undefined;
afterEach(async () => {
  await server?.shutdown();
  server = undefined;
});

interface Asked {
  method: string;
  path: string;
  body: string;
}

/** A client of a project on loopback that gives these responses in order, and repeats the last. */
function clientOf(
  ...answers: (() => Response | Promise<Response>)[]
): {
  client: PipelineClient;
  asked: Asked[];
  supabase: SupabaseClient;
  url: string;
} {
  const asked: Asked[] = [];
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      asked.push({
        method: request.method,
        path: pathname + search,
        body: await request.text(),
      });
      const answer = answers.length > 1 ? answers.shift()! : answers[0];
      return await answer();
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const supabase = createClient(url, "key", {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  return { client: createPipelineClient(supabase), asked, supabase, url };
}

async function failureOf(promise: Promise<unknown>): Promise<PipelineError> {
  const error = await promise.then(() => undefined, (error) => error);
  expect(error).toBeInstanceOf(PipelineError);
  return error;
}

const refused = (
  status: number,
  code: string,
  { headers, ...extra }:
    & { headers?: Record<string, string> }
    & Record<
      string,
      unknown
    > = {},
) =>
() =>
  Response.json({
    error: { code, message: "No.", request_id: "r-1" },
    ...extra,
  }, {
    status,
    headers,
  });
const registered = () =>
  Response.json({
    job_id: "job",
    document_id: DOCUMENT,
    signed_url: `http://127.0.0.1:${server!.addr.port}/signed?token=t`,
  });
const stored = () => Response.json({ Key: "files/x" });

describe("an upload", () => {
  it("announces the file's name, size, type and digest, and sends its bytes", async () => {
    const { client, asked } = clientOf(registered, stored);
    const file = new File([ABC], "notes.md", { type: "text/markdown" });
    expect(await client.upload(file)).toEqual({
      duplicate: false,
      documentId: DOCUMENT,
      jobId: "job",
    });
    expect(asked[0].path).toBe("/functions/v1/api/upload-document-backend");
    expect(JSON.parse(asked[0].body)).toEqual({
      filename: "notes.md",
      bytes_len: 3,
      mime: "text/markdown",
      sha256: ABC_SHA256,
      ocr: false,
    });
    expect(asked[1]).toEqual({
      method: "PUT",
      path: "/signed?token=t",
      body: "abc",
    });
  });

  it.each([
    [new File([ABC], "notes.md", { type: "" }), {}, ""],
    [ABC, { filename: "d.md" }, ""],
    [new File([ABC], "a.txt", { type: "text/x-log" }), {}, "text/x-log"],
    [ABC, { filename: "a", mime: "text/markdown" }, "text/markdown"],
  ])(
    "announces the file's own type, or none",
    async (file, options, mime) => {
      const { client, asked } = clientOf(registered, stored);
      await client.upload(file, options);
      expect(JSON.parse(asked[0].body).mime).toBe(mime);
    },
  );

  it("sends the sender's reference", async () => {
    const { client, asked } = clientOf(registered, stored);
    await client.upload(ABC, { filename: "a.pdf", policyId: "P-1" });
    expect(JSON.parse(asked[0].body).policy_id).toBe("P-1");
  });

  it("reports its progress up to the last byte", async () => {
    const { client, asked } = clientOf(registered, stored);
    const bytes = new Uint8Array(300_000).fill(65);
    const sent: number[] = [];
    await client.upload(bytes, {
      filename: "a.pdf",
      onProgress: ({ sentBytes, totalBytes }) => {
        expect(totalBytes).toBe(bytes.length);
        sent.push(sentBytes);
      },
    });
    expect(sent.at(-1)).toBe(bytes.length);
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
    expect(asked[1].body).toHaveLength(bytes.length);
  });

  it("returns the duplicate's id when the bytes are there already", async () => {
    const { client, asked } = clientOf(
      refused(409, "duplicate_document", { document_id: DOCUMENT }),
    );
    const result = await client.upload(ABC, { filename: "a.pdf" });
    expect(result).toEqual({ duplicate: true, documentId: DOCUMENT });
    expect(asked).toHaveLength(1);
  });

  it("registers again and sends to the new URL when it is interrupted", async () => {
    const { client, asked } = clientOf(
      registered,
      () => new Response("busy", { status: 503 }),
      registered,
      stored,
    );
    const result = await client.upload(ABC, { filename: "a.pdf" });
    expect(result).toMatchObject({ duplicate: false, documentId: DOCUMENT });
    expect(asked.map(({ method }) => method)).toEqual([
      "POST",
      "PUT",
      "POST",
      "PUT",
    ]);
  });

  it("is no duplicate when it arrived although its response was lost", async () => {
    const { client } = clientOf(
      registered,
      () => new Response("lost", { status: 502 }),
      refused(409, "duplicate_document", { document_id: DOCUMENT }),
    );
    const result = await client.upload(ABC, { filename: "a.pdf" });
    expect(result).toMatchObject({ duplicate: false, documentId: DOCUMENT });
  });

  it("is not retried when Storage refuses it", async () => {
    const { client, asked } = clientOf(
      registered,
      () => new Response("expired", { status: 400 }),
    );
    const error = await failureOf(client.upload(ABC, { filename: "a.pdf" }));
    expect(error).toMatchObject({ code: "upload_refused", status: 400 });
    expect(error.message).toContain("expired");
    expect(asked).toHaveLength(2);
  });

  it("does not wait long at a limit", async () => {
    const { client, asked } = clientOf(
      refused(429, "daily_limit", { headers: { "retry-after": "3600" } }),
    );
    const error = await failureOf(client.upload(ABC, { filename: "a.pdf" }));
    expect(error).toMatchObject({ code: "daily_limit", retryAfter: 3600 });
    expect(asked).toHaveLength(1);
  });

  it("can be aborted", async () => {
    const unblocked = Promise.withResolvers<Response>();
    const { client } = clientOf(registered, () => unblocked.promise);
    const stop = new AbortController();
    const reason = new Error("changed my mind");
    const ended = client.upload(ABC, {
      filename: "a.pdf",
      signal: stop.signal,
      onProgress: () => stop.abort(reason),
    }).catch((error) => error);
    expect(await ended).toBe(reason);
    unblocked.resolve(new Response());
  });

  it.each([[6, "PUT"], [7, "resumable"]])(
    "of %i MiB uses %s when resumable uploads are configured",
    async (mebibytes, way) => {
      const { asked, supabase, url } = clientOf(registered, stored);
      const sent: { signedUrl: string; size: number; type: string }[] = [];
      const resuming = createPipelineClient(supabase, {
        sendLargeFile: (signedUrl, { size, type }) => {
          sent.push({ signedUrl, size, type });
          return Promise.resolve();
        },
      });
      const bytes = new Uint8Array(mebibytes * 1024 * 1024);
      await resuming.upload(bytes, { filename: "a.pdf" });
      expect(asked).toHaveLength(way === "PUT" ? 2 : 1);
      expect(sent).toEqual(
        way === "PUT" ? [] : [{
          signedUrl: `${url}/signed?token=t`,
          size: bytes.length,
          // Storage accepts this type for any file.
          type: "application/octet-stream",
        }],
      );
    },
  );

  it("throws when a Blob has no name", async () => {
    const { client } = clientOf(registered);
    await expect(client.upload(ABC)).rejects.toThrow("needs the option");
  });
});

describe("waiting for completion", () => {
  const row = (changed: Record<string, unknown>) => () => Response.json([{ ...ROW, ...changed }]);

  it("reports each change once and ends with the last", async () => {
    const { client, asked } = clientOf(
      row({}),
      row({}),
      () => Response.json({ message: "later" }, { status: 503 }),
      row({ status: "complete", state: "done", total_pct: 100 }),
    );
    const seen: string[] = [];
    const status = await client.waitUntilComplete(DOCUMENT, {
      onStatus: ({ status }) => seen.push(status),
    });
    expect(seen).toEqual(["parse_queued", "complete"]);
    expect(status.progress).toEqual({ stage_pct: 0, total_pct: 100 });
    expect(status.created_at).toBe("2026-11-01T10:00:00.123Z");
    expect(status).not.toHaveProperty("next_attempt_at");
    expect(asked[0].path).toContain(`document_id=eq.${DOCUMENT}`);
  });

  it("throws the document's own error", async () => {
    const { client } = clientOf(row({
      status: "failed_parse",
      state: "deadletter",
      last_error: { code: "NOT_A_PDF", message: "No PDF.", reference: "e-1" },
    }));
    const error = await failureOf(client.waitUntilComplete(DOCUMENT));
    expect(error).toMatchObject({ code: "NOT_A_PDF", requestId: "e-1" });
    expect(error.message).toBe("No PDF. (Reference: e-1)");
  });

  it("returns the error and the warnings when a reparse failed", async () => {
    const warnings = [{ code: "PAGES_UNREAD", message: "page 3", pages: [3] }];
    const { client } = clientOf(
      row({ status: "parse_queued", warnings, title: "Manual" }),
      row({
        status: "complete",
        state: "done",
        warnings,
        last_error: { code: "PARSE_TIMEOUT", message: "Late." },
      }),
    );
    const status = await client.waitUntilComplete(DOCUMENT);
    expect(status).toMatchObject({
      status: "complete",
      last_error: { code: "PARSE_TIMEOUT" },
      warnings,
    });
  });

  it("throws at once when the document does not exist", async () => {
    const { client } = clientOf(() => Response.json([]));
    const error = await failureOf(client.waitUntilComplete(DOCUMENT));
    expect(error).toMatchObject({ code: "document_not_found", status: 404 });
  });

  it("polls the API when the Data API does not expose the schema", async () => {
    const { client, asked } = clientOf(
      () =>
        Response.json({ code: "PGRST106", message: "Invalid schema" }, {
          status: 406,
        }),
      () =>
        Response.json({
          document_id: DOCUMENT,
          status: "complete",
          state: "done",
        }),
    );
    const status = await client.waitUntilComplete(DOCUMENT);
    expect(status.status).toBe("complete");
    expect(asked.map(({ path }) => path.replace(/\?.*/, ""))).toEqual([
      "/rest/v1/document_status",
      `/functions/v1/api/documents/${DOCUMENT}/status`,
    ]);
  });

  it("ends at its time-out and when it is aborted", async () => {
    const { client } = clientOf(row({}));
    const late = await failureOf(
      client.waitUntilComplete(DOCUMENT, { timeoutMs: 300 }),
    );
    expect(late.code).toBe("timeout");
    const signal = AbortSignal.timeout(100);
    const ended = await client.waitUntilComplete(DOCUMENT, { signal })
      .catch((error) => error);
    expect(ended).toBe(signal.reason);
  });
});

describe("the other calls", () => {
  it("send exactly their arguments", async () => {
    const { client, asked } = clientOf(() => Response.json({}));
    await client.status(DOCUMENT);
    await client.documents({ limit: 5, q: "a&b", cursor: undefined });
    await client.search("when?", { k: 2, documentIds: [DOCUMENT] });
    await client.reparse(DOCUMENT, { pages: [3], ocr: true });
    await client.reparse(DOCUMENT);
    await client.remove("../x");
    const api = "/functions/v1/api";
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET ${api}/documents/${DOCUMENT}/status`,
      `GET ${api}/documents?limit=5&q=a%26b`,
      `POST ${api}/search`,
      `POST ${api}/documents/${DOCUMENT}/reparse`,
      `POST ${api}/documents/${DOCUMENT}/reparse`,
      `DELETE ${api}/documents/..%2Fx`,
    ]);
    expect(JSON.parse(asked[3].body)).toEqual({ pages: [3], ocr: true });
    expect(JSON.parse(asked[4].body)).toEqual({});
    expect(JSON.parse(asked[2].body)).toEqual({
      query: "when?",
      k: 2,
      document_ids: [DOCUMENT],
    });
  });

  it("of a search send each option under the API's name", async () => {
    const { client, asked } = clientOf(() => Response.json({}));
    await client.search("when?", {
      mode: "hybrid",
      minScore: 0,
      minSimilarity: 0.2,
      expand: 1,
      maxPerDocument: 2,
      weights: { words: 0 },
      language: "de",
      cursor: "c",
      explain: false,
    });
    expect(JSON.parse(asked[0].body)).toEqual({
      query: "when?",
      mode: "hybrid",
      min_score: 0,
      min_similarity: 0.2,
      expand: 1,
      max_per_document: 2,
      weights: { words: 0 },
      language: "de",
      cursor: "c",
      explain: false,
    });
  });

  it("of a search for all passages request page after page", async () => {
    const page = (ids: string[], next_cursor: string | null) => () =>
      Response.json({
        results: ids.map((chunk_id) => ({ chunk_id })),
        next_cursor,
      });
    const { client, asked } = clientOf(
      page(["a", "b"], "after b"),
      page(["c"], null),
    );
    const found: string[] = [];
    for await (const { chunk_id } of client.passages("when?", { k: 2 })) {
      found.push(chunk_id);
    }
    expect(found).toEqual(["a", "b", "c"]);
    expect(asked.map(({ body }) => JSON.parse(body))).toEqual([
      { query: "when?", k: 2 },
      { query: "when?", k: 2, cursor: "after b" },
    ]);
  });

  it("of a search for all passages end when the caller breaks off", async () => {
    const { client, asked } = clientOf(() => Response.json({ results: [{ chunk_id: "a" }], next_cursor: "more" }));
    for await (const _passage of client.passages("when?")) break;
    expect(asked).toHaveLength(1);
  });

  it("fail with the API's code, message and details", async () => {
    const { client } = clientOf(
      refused(429, "rate_limited", { headers: { "retry-after": "12" } }),
    );
    const error = await failureOf(client.status(DOCUMENT));
    expect(error).toMatchObject({
      code: "rate_limited",
      message: "No.",
      status: 429,
      requestId: "r-1",
      retryAfter: 12,
      isTransient: true,
    });
  });

  it("fail clearly when something else than the API answers, or nothing", async () => {
    const { client } = clientOf(() =>
      new Response("Bad Gateway", {
        status: 502,
        headers: { "x-request-id": "r-2" },
      })
    );
    const strange = await failureOf(client.search("x"));
    expect(strange).toMatchObject({
      code: "unexpected_answer",
      status: 502,
      requestId: "r-2",
    });
    await server!.shutdown();
    server = undefined;
    const silent = await failureOf(client.search("x"));
    expect(silent).toMatchObject({ code: "network_error", status: null });
  });
});
