import { describe, expect, it } from "vitest";
import { ControlClient } from "../../../scripts/platform/simulators/control_client.ts";
import { failPages, failWith, ocrText, submissions } from "../../../scripts/platform/simulators/llamaparse/control.ts";
import { makePages } from "../../../scripts/platform/simulators/llamaparse/sample_pdf.ts";
import { startLlamaParse } from "../../../scripts/platform/simulators/llamaparse/server.ts";
import { ProviderError } from "../_shared/errors.ts";
import { createLlamaParse, type LlamaParse, type ParseResult, webhookReachable } from "./llamaparse.ts";
import type { Resolve } from "./public_hosts.ts";

const config = {
  apiKey: "llx-secret-key",
  apiUrl: "https://llamaparse.example",
  tier: "cost_effective",
};

const submission = {
  bytes: new TextEncoder().encode("%PDF-1.7"),
  filename: "Anna Meier, diagnosis.pdf",
  mime: "application/pdf",
  submissionId: "6c8a1e6e-0000-4000-8000-000000000001",
  maxPages: 201,
  pages: null,
  ocr: false,
  ocrLanguages: [],
  maxFailedPageRatio: 1,
};

/** A client whose requests this function answers. */
function answeredBy(
  answer: (request: Request) => Response | Promise<Response>,
  resolve: Resolve = () => Promise.resolve(["93.184.215.14"]),
) {
  return createLlamaParse(
    config,
    async (url, init) => await answer(new Request(url, init)),
    resolve,
  );
}

async function faultOf(promise: Promise<unknown>): Promise<ProviderError> {
  const error = await promise.then(() => undefined, (error) => error);
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

async function ended(
  llamaparse: LlamaParse,
  id: string,
  pages: number[] | null = null,
): Promise<ParseResult> {
  for (let i = 0; i < 1_000; i++) {
    const result = await llamaparse.result(id, pages);
    if (result.state !== "pending") return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the job did not end");
}

describe("against the simulator", () => {
  async function withSimulator(
    run: (
      llamaparse: LlamaParse,
      control: ControlClient,
      apiUrl: string,
    ) => Promise<void>,
  ) {
    const simulator = await startLlamaParse({ pendingMs: 20, runningMs: 20 });
    try {
      const { url } = simulator;
      const llamaparse = createLlamaParse({ ...config, apiUrl: url });
      await run(llamaparse, new ControlClient(url), url);
    } finally {
      await simulator.stop();
    }
  }

  it("submits a document, finds the submission again, and fetches its pages", () =>
    withSimulator(async (llamaparse) => {
      const since = new Date();
      const bytes = await makePages(3);
      const job = await llamaparse.submit({ ...submission, bytes });
      expect(await llamaparse.find(submission.submissionId, since))
        .toEqual(job);
      expect(await llamaparse.find("another submission", since)).toBeNull();

      const result = await ended(llamaparse, job.providerJobId);
      if (result.state !== "completed") throw new Error(result.state);
      expect(result.pages.map(({ page }) => page)).toEqual([1, 2, 3]);
      expect(result.pages[1].markdown).toContain("Chapter 2");
      expect(result.failedPages).toEqual([]);
    }));

  it("distinguishes failed pages from others", () =>
    withSimulator(async (llamaparse, control) => {
      await control.faults({ fail_pages: [2] });
      const bytes = await makePages(2);
      const job = await llamaparse.submit({ ...submission, bytes });
      const result = await ended(llamaparse, job.providerJobId);
      if (result.state !== "completed") throw new Error(result.state);
      expect(result.pages.map(({ page }) => page)).toEqual([1]);
      expect(result.failedPages.map(({ page }) => page)).toEqual([2]);
    }));

  it("reads the given pages under their own numbers", () =>
    withSimulator(async (llamaparse) => {
      const bytes = await makePages(4);
      const pages = [4, 2];
      const job = await llamaparse.submit({ ...submission, bytes, pages });
      const result = await ended(llamaparse, job.providerJobId, pages);
      if (result.state !== "completed") throw new Error(result.state);
      expect(result.pages.map(({ page }) => page)).toEqual([2, 4]);
      expect(result.pages[1].markdown).toContain("Chapter 4");
    }));

  it("reads at most the given number of pages", () =>
    withSimulator(async (llamaparse) => {
      const bytes = await makePages(3);
      const job = await llamaparse.submit({
        ...submission,
        bytes,
        maxPages: 2,
      });
      expect(await ended(llamaparse, job.providerJobId))
        .toMatchObject({ pages: [{ page: 1 }, { page: 2 }] });
    }));

  it("reads a scan only with OCR", () =>
    withSimulator(async (llamaparse, _control, apiUrl) => {
      const bytes = await Deno.readFile(
        new URL(
          "../../tests/e2e/fixtures/cases/p23-mixed-scan.pdf",
          import.meta.url,
        ),
      );
      await ocrText(apiUrl, { 2: "The rent is 900 euros." });
      const secondPage = async (ocr: boolean) => {
        const job = await llamaparse.submit({ ...submission, bytes, ocr });
        const result = await ended(llamaparse, job.providerJobId);
        if (result.state !== "completed") throw new Error(result.state);
        return result.pages[1].markdown;
      };
      expect(await secondPage(false)).toBe("");
      expect(await secondPage(true)).toBe("The rent is 900 euros.");
    }));

  it("sends the languages of a scan", () =>
    withSimulator(async (llamaparse, _control, apiUrl) => {
      await llamaparse.submit({
        ...submission,
        bytes: await makePages(1),
        ocr: true,
        ocrLanguages: ["de", "zh"],
      });
      expect((await submissions(apiUrl))[0].options).toMatchObject({
        processing_options: { ocr_parameters: { languages: ["de", "ch_sim"] } },
      });
    }));

  it("fails transiently when too many pages fail", () =>
    withSimulator(async (llamaparse, _control, apiUrl) => {
      await failPages(apiUrl, [2]);
      const state = async (maxFailedPageRatio: number) => {
        const job = await llamaparse.submit({
          ...submission,
          bytes: await makePages(3),
          maxFailedPageRatio,
        });
        return await ended(llamaparse, job.providerJobId);
      };
      expect(await state(0.3)).toMatchObject({
        state: "failed",
        code: "LLAMAPARSE_FAILED",
        permanent: false,
      });
      expect(await state(0.4)).toMatchObject({ state: "completed" });
    }));

  it("merges tables over pages, and knows the pages that this leaves empty", () =>
    withSimulator(async (llamaparse) => {
      const bytes = await Deno.readFile(
        new URL(
          "../../tests/e2e/fixtures/cases/p16-table-across-pages.pdf",
          import.meta.url,
        ),
      );
      const job = await llamaparse.submit({ ...submission, bytes });
      const result = await ended(llamaparse, job.providerJobId);
      if (result.state !== "completed") throw new Error(result.state);
      const [first, ...others] = result.pages;
      expect(first.markdown).toContain("| Code | Service | Fee EUR |");
      expect(first.markdown).toContain("| T-210 |");
      expect(others).toEqual([
        { page: 2, markdown: "", mergedInto: 1 },
        { page: 3, markdown: "", mergedInto: 1 },
      ]);
    }));

  it("recognises a permanent failure in plain words", () =>
    withSimulator(async (llamaparse, _control, apiUrl) => {
      await failWith(
        apiUrl,
        "Could not open PDF, as it seems to be protected.",
      );
      const bytes = await makePages(1);
      const job = await llamaparse.submit({ ...submission, bytes });
      expect(await ended(llamaparse, job.providerJobId)).toMatchObject({
        code: "PDF_IS_PROTECTED",
        permanent: true,
      });
    }));

  it("gives the reason of a permanent failure", () =>
    withSimulator(async (llamaparse, control) => {
      await control.faults({ fail_with: "PDF_IS_PROTECTED" });
      const job = await llamaparse.submit({
        ...submission,
        bytes: await makePages(1),
      });
      expect(await ended(llamaparse, job.providerJobId)).toEqual({
        state: "failed",
        billed: { tier: "cost_effective", credits: expect.any(Number) },
        code: "PDF_IS_PROTECTED",
        message: "The document is protected by a password: upload a copy without one",
        permanent: true,
      });
    }));

  it("deletes a job with its result, and ignores an unknown one", () =>
    withSimulator(async (llamaparse) => {
      const job = await llamaparse.submit({
        ...submission,
        bytes: await makePages(1),
      });
      expect(await ended(llamaparse, job.providerJobId))
        .toMatchObject({ state: "completed" });
      await llamaparse.forget(job.providerJobId);
      await llamaparse.forget(job.providerJobId);
      expect(await llamaparse.result(job.providerJobId))
        .toEqual({ state: "unknown" });
    }));

  it("cancels a running job, and ignores any other", () =>
    withSimulator(async (llamaparse, control) => {
      await control.faults({ jobs: "stuck" });
      const since = new Date();
      const job = await llamaparse.submit({
        ...submission,
        bytes: await makePages(1),
      });
      expect(await llamaparse.result(job.providerJobId))
        .toEqual({ state: "pending" });
      await llamaparse.cancel(job.providerJobId);
      await llamaparse.cancel(job.providerJobId);
      await llamaparse.cancel("00000000-0000-4000-8000-00000000dead");
      expect(await llamaparse.result(job.providerJobId))
        .toMatchObject({ state: "cancelled" });
      expect(await llamaparse.find(submission.submissionId, since)).toBeNull();
      expect(await llamaparse.result("00000000-0000-4000-8000-00000000dead"))
        .toEqual({ state: "unknown" });
    }));
});

describe("a submission", () => {
  it("sends the bytes and the options, and not the user's file name", async () => {
    let configuration: Record<string, unknown> = {};
    let file: File | undefined;
    const llamaparse = answeredBy(async (request) => {
      expect(request.url).toBe(`${config.apiUrl}/api/v2/parse/upload`);
      expect(request.headers.get("authorization"))
        .toBe(`Bearer ${config.apiKey}`);
      const form = await request.formData();
      configuration = JSON.parse(form.get("configuration") as string);
      file = form.get("file") as File;
      return Response.json({ id: "job-1", status: "PENDING" });
    });
    const webhook = {
      url: "https://us.example/hook",
      secret: "s".repeat(64),
      requestId: "req-1",
    };
    expect(await llamaparse.submit({ ...submission, webhook }))
      .toEqual({ providerJobId: "job-1" });
    expect(file?.name).toBe("document.pdf");
    expect(new Uint8Array(await file!.arrayBuffer())).toEqual(submission.bytes);
    expect(configuration).toMatchObject({
      tier: "cost_effective",
      version: "latest",
      user_metadata: { submission_id: submission.submissionId },
      page_ranges: { max_pages: 201 },
      webhook_configurations: [{
        webhook_url: webhook.url,
        webhook_signing_secret: webhook.secret,
        webhook_output_format: "json",
        webhook_headers: { "x-request-id": "req-1" },
      }],
    });
    expect(JSON.stringify(configuration)).not.toContain("Anna");

    await llamaparse.submit(submission);
    expect(configuration).not.toHaveProperty("webhook_configurations");
  });

  it("reads a response that wraps the job", async () => {
    const llamaparse = answeredBy(() => Response.json({ job: { id: "job-2", status: "PENDING" } }));
    expect(await llamaparse.submit(submission))
      .toEqual({ providerJobId: "job-2" });
  });

  it("throws when the response names no job", async () => {
    for (const answer of [{}, null, { id: "" }, { job: {} }]) {
      const llamaparse = answeredBy(() => Response.json(answer));
      expect(await faultOf(llamaparse.submit(submission)))
        .toMatchObject({ kind: "transient", code: "LLAMAPARSE_BAD_ANSWER" });
    }
  });

  it("is sent once, whatever the response, and its error contains neither key nor name", async () => {
    let asked = 0;
    const llamaparse = answeredBy(() => {
      asked++;
      return Response.json({ detail: "llx-secret-key, Anna Meier" }, {
        status: 500,
      });
    });
    const fault = await faultOf(llamaparse.submit(submission));
    expect(asked).toBe(1);
    expect(fault.message).not.toMatch(/secret|Anna/);
  });

  it.each<[number, unknown, string, string]>([
    [401, "Invalid API Key", "exhausted", "LLAMAPARSE_UNAUTHORIZED"],
    [403, "Forbidden", "exhausted", "LLAMAPARSE_UNAUTHORIZED"],
    [402, "No credits", "exhausted", "LLAMAPARSE_OUT_OF_CREDITS"],
    [404, "Not Found", "exhausted", "LLAMAPARSE_NOT_FOUND"],
    [429, "Slow down", "throttled", "LLAMAPARSE_RATE_LIMITED"],
    [503, "Out of service", "throttled", "LLAMAPARSE_UNAVAILABLE"],
    [500, "Oops", "transient", "LLAMAPARSE_UNAVAILABLE"],
    [502, "Oops", "transient", "LLAMAPARSE_UNAVAILABLE"],
    [408, "Late", "transient", "LLAMAPARSE_UNAVAILABLE"],
    [413, "Too large", "permanent", "DOCUMENT_TOO_LARGE"],
    [415, "What is this", "permanent", "UNSUPPORTED_FILE_TYPE"],
    [400, "PDF_IS_BROKEN: no xref", "permanent", "PDF_IS_BROKEN"],
    [400, "The file is password protected", "permanent", "PDF_IS_PROTECTED"],
    [400, "Something else", "permanent", "LLAMAPARSE_REJECTED"],
    [422, [{ loc: ["tier"], msg: "bad" }], "permanent", "LLAMAPARSE_REJECTED"],
  ])("refused with %i %j is %s", async (status, detail, kind, code) => {
    const llamaparse = answeredBy(() => Response.json({ detail }, { status }));
    expect(await faultOf(llamaparse.submit(submission)))
      .toMatchObject({ kind, code });
  });

  it("waits as long as the response says, or as the limit's window", async () => {
    const waits = async (headers: HeadersInit) => {
      const llamaparse = answeredBy(() => new Response("{}", { status: 429, headers }));
      return (await faultOf(llamaparse.submit(submission))).options.retryAfter;
    };
    expect(await waits({ "retry-after": "7" })).toBe(7);
    expect(await waits({})).toBe(10);
    expect(await waits({ "retry-after": "soon" })).toBe(10);
  });

  it("is transient when the API cannot be reached", async () => {
    const llamaparse = createLlamaParse({
      ...config,
      apiUrl: "http://127.0.0.1:1",
    });
    expect(await faultOf(llamaparse.submit(submission)))
      .toMatchObject({ kind: "transient", code: "LLAMAPARSE_UNREACHABLE" });
  });
});

describe("finding a submission", () => {
  const job = (id: string, status: string, submission_id?: string) => ({
    id,
    status,
    user_metadata: submission_id ? { submission_id } : null,
  });

  it("reads all pages of the list, allows for clock skew, and prefers a job that did not fail", async () => {
    const asked: URL[] = [];
    const llamaparse = answeredBy((request) => {
      const url = new URL(request.url);
      asked.push(url);
      return Response.json(
        url.searchParams.get("page_token") === "two"
          ? { items: [job("d", "RUNNING", "mine")], next_page_token: null }
          : {
            items: [
              job("a", "COMPLETED"),
              job("b", "COMPLETED", "theirs"),
              job("c", "FAILED", "mine"),
            ],
            next_page_token: "two",
          },
      );
    });
    const since = new Date("2026-01-01T12:00:00Z");
    expect(await llamaparse.find("mine", since)).toEqual({
      providerJobId: "d",
    });
    expect(asked).toHaveLength(2);
    expect(asked[0].searchParams.get("created_at_on_or_after"))
      .toBe("2026-01-01T11:55:00.000Z");
  });

  it("returns a failed job when there is no other", async () => {
    const llamaparse = answeredBy(() => Response.json({ items: [job("c", "FAILED", "mine")] }));
    expect(await llamaparse.find("mine", new Date()))
      .toEqual({ providerJobId: "c" });
  });

  it("throws instead of returning null when the call fails", async () => {
    const llamaparse = answeredBy(() => new Response("", { status: 500 }));
    expect((await faultOf(llamaparse.find("mine", new Date()))).kind)
      .toBe("transient");
  });
});

describe("a result", () => {
  const completed = { id: "j", status: "COMPLETED", error_message: null };
  const failed = (error_message: string | null) =>
    answeredBy(() => Response.json({ job: { ...completed, status: "FAILED", error_message } })).result("j");

  it("is in the order of its pages", async () => {
    const llamaparse = answeredBy(() =>
      Response.json({
        job: completed,
        markdown: {
          pages: [
            { page_number: 2, markdown: "two", success: true },
            { page_number: 3, error: "unreadable", success: false },
            { page_number: 1, markdown: "", success: true },
          ],
        },
      })
    );
    expect(await llamaparse.result("j")).toEqual({
      state: "completed",
      billed: { tier: null, credits: null },
      pages: [{ page: 1, markdown: "" }, { page: 2, markdown: "two" }],
      failedPages: [{ page: 3, error: "unreadable" }],
    });
  });

  it("may have failed permanently or transiently", async () => {
    expect(await failed("TOO_MANY_PAGES: 900")).toMatchObject({
      code: "TOO_MANY_PAGES",
      permanent: true,
    });
    expect(await failed("The PDF appears to be corrupted.")).toMatchObject({
      code: "PDF_IS_BROKEN",
      permanent: true,
    });
    for (const message of ["worker died", "page timed out", null]) {
      expect(await failed(message)).toMatchObject({
        code: "LLAMAPARSE_FAILED",
        permanent: false,
      });
    }
  });

  it("throws when its shape is unknown", async () => {
    const answers = [
      {},
      { job: { status: "LOST" } },
      { job: completed, markdown: { pages: "none" } },
      { job: completed, markdown: { pages: [{ markdown: "x" }] } },
      { job: completed, markdown: null },
    ];
    for (const answer of answers) {
      const llamaparse = answeredBy(() => Response.json(answer));
      expect(await faultOf(llamaparse.result("j")))
        .toMatchObject({ kind: "transient", code: "LLAMAPARSE_BAD_ANSWER" });
    }
  });

  /**
   * A client whose result is at this URL, and the requests that arrived there.
   */
  function keptAt(
    presigned_url: string,
    file: () => Response,
    resolve?: Resolve,
  ) {
    const fetched: Request[] = [];
    const llamaparse = answeredBy((request) => {
      if (!request.url.includes("/api/v2/")) {
        fetched.push(request);
        return file();
      }
      const expand = new URL(request.url).searchParams.getAll("expand");
      return Response.json({
        job: completed,
        markdown: null,
        ...(expand.includes("markdown_content_metadata") && {
          result_content_metadata: {
            text: { size_bytes: 1, presigned_url: "https://s3.example/text" },
            markdown: { size_bytes: 1, presigned_url },
          },
        }),
      });
    }, resolve);
    return { llamaparse, fetched };
  }

  it("is fetched from its presigned URL, without the API key, when it is too large for the response", async () => {
    const pages = [{ page_number: 1, markdown: "# One", success: true }];
    const { llamaparse, fetched } = keptAt(
      "https://s3.example/markdown?signature=1",
      () => Response.json({ pages }),
    );
    expect(await llamaparse.result("j")).toMatchObject({
      state: "completed",
      pages: [{ page: 1, markdown: "# One" }],
    });
    expect(fetched[0].headers.has("authorization")).toBe(false);

    const plain = keptAt("https://s3.example/md", () => new Response("# All"));
    expect(await plain.llamaparse.result("j")).toMatchObject({
      pages: [{ page: 1, markdown: "# All" }],
    });
  });

  it.each([
    "http://s3.example/markdown",
    "https://169.254.169.254/latest/meta-data",
    "https://localhost/markdown",
    "https://[::1]/markdown",
    "file:///etc/passwd",
    "markdown",
  ])("is not fetched from %s", async (url) => {
    const { llamaparse, fetched } = keptAt(url, () => Response.json({}));
    expect(await faultOf(llamaparse.result("j")))
      .toMatchObject({ code: "LLAMAPARSE_BAD_ANSWER" });
    expect(fetched).toEqual([]);
  });

  it.each<[string, Resolve]>([
    ["leads into a private network", () => Promise.resolve(["10.0.0.7"])],
    ["leads nowhere", () => Promise.reject(new Error("ENOTFOUND"))],
  ])("is not fetched from a host that %s", async (_, resolve) => {
    const { llamaparse, fetched } = keptAt(
      "https://s3.example/markdown",
      () => Response.json({}),
      resolve,
    );
    expect(await faultOf(llamaparse.result("j")))
      .toMatchObject({ code: "LLAMAPARSE_BAD_ANSWER" });
    expect(fetched).toEqual([]);
  });

  it("is not read beyond a function's memory", async () => {
    const megabyte = new Uint8Array(1024 * 1024).fill(97);
    let sent = 0;
    const { llamaparse } = keptAt(
      "https://s3.example/markdown",
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              sent++;
              controller.enqueue(megabyte);
            },
          }),
        ),
    );
    expect((await faultOf(llamaparse.result("j"))).message)
      .toContain("too large");
    expect(sent).toBeLessThan(40);
  });
});

describe("webhookReachable", () => {
  const cloud = "https://api.cloud.llamaindex.ai";
  const local = "http://127.0.0.1:9000";

  it.each([
    ["https://ref.supabase.co/functions/v1/webhook/llamaparse", cloud, true],
    ["http://ref.supabase.co/functions/v1/webhook/llamaparse", cloud, false],
    ["http://127.0.0.1:54321/functions/v1/webhook/llamaparse", cloud, false],
    ["https://192.168.1.20/functions/v1/webhook/llamaparse", cloud, false],
    ["http://kong:8000/functions/v1/webhook/llamaparse", cloud, false],
    ["http://127.0.0.1:54321/functions/v1/webhook/llamaparse", local, true],
    ["https://ref.supabase.co/functions/v1/webhook/llamaparse", local, true],
  ])("%s by %s: %s", (webhook, provider, reachable) => {
    expect(webhookReachable(webhook, provider)).toBe(reachable);
  });
});
