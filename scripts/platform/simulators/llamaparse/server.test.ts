import { LlamaCloud } from "@llamaindex/llama-cloud";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { parseFailure } from "../../../../supabase/functions/_providers/llamaparse_faults.ts";
import { ControlClient } from "../control_client.ts";
import type { Simulator } from "../simulator.ts";
import { makePages, makePdf } from "./sample_pdf.ts";
import { startLlamaParse } from "./server.ts";

let simulator: Simulator;
let client: LlamaCloud;
let control: ControlClient;
let twoPages: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  simulator = await startLlamaParse({
    pendingMs: 20,
    runningMs: 40,
    apiKey: "llx-test",
    maxPages: 5,
  });
  control = new ControlClient(simulator.url);
  client = new LlamaCloud({
    apiKey: "llx-test",
    baseURL: simulator.url,
    maxRetries: 0,
  });
  twoPages = await makePages(2);
});
afterEach(() => control.reset());
afterAll(() => simulator.stop());

const options = { tier: "cost_effective", version: "latest" } as const;

function submit(bytes: Uint8Array<ArrayBuffer> = twoPages, more = {}) {
  const upload_file = new File([bytes], "report.pdf", {
    type: "application/pdf",
  });
  return client.parsing.create({ ...options, ...more, upload_file });
}

async function ended(id: string, expand: string[] = []) {
  for (;;) {
    const answer = await client.parsing.get(id, { expand });
    if (!["PENDING", "RUNNING"].includes(answer.job.status)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Acts while no job comes any further, however long the acting takes. */
async function whileTimeStands<T>(act: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    return await act();
  } finally {
    await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
  }
}

describe("a job", () => {
  it("goes from PENDING to COMPLETED and has Markdown for each page", async () => {
    const created = await whileTimeStands(async () => {
      const job = await submit();
      expect(job.status).toBe("PENDING");
      const early = await client.parsing.get(job.id, { expand: ["markdown"] });
      expect(early.markdown).toBeNull();
      return job;
    });
    const { job, markdown, metadata } = await ended(created.id, [
      "markdown",
      "metadata",
    ]);
    expect(job).toMatchObject({
      status: "COMPLETED",
      error_message: null,
      name: "report.pdf",
      tier: "cost_effective",
    });
    expect(markdown?.pages).toMatchObject([
      { page_number: 1, success: true },
      { page_number: 2, success: true },
    ]);
    expect(markdown?.pages[1]).toMatchObject({
      markdown: "# Chapter 2\n\nThis is what page 2 has to say, in one sentence of its own.",
    });
    expect(metadata?.pages).toHaveLength(2);
  });

  it("ends under the SDK's own polling", async () => {
    const result = await client.parsing.parse({
      ...options,
      upload_file: new File([twoPages], "a.pdf"),
      expand: ["text_full", "usage", "markdown_content_metadata"],
    }, { pollingInterval: 0.02 });
    expect(result.text_full).toContain("what page 1 has to say");
    expect(result.job.usage?.credits).toBe(6);
    const url = result.result_content_metadata?.markdown?.presigned_url;
    expect(await (await fetch(url!)).text()).toContain("# Chapter 1");
  });

  it("parses a file that was uploaded before", async () => {
    const file = await client.files.create({
      file: new File([twoPages], "b.pdf"),
      purpose: "parse",
      external_file_id: "doc-7",
    });
    const listed = await client.files.list({ external_file_id: "doc-7" });
    expect(listed.getPaginatedItems().map(({ id }) => id)).toEqual([file.id]);
    const { id } = await client.parsing.create({
      ...options,
      file_id: file.id,
    });
    expect((await ended(id)).job.status).toBe("COMPLETED");
  });

  it("reads only the pages asked for", async () => {
    const { id } = await submit(twoPages, { page_ranges: { max_pages: 1 } });
    const { markdown } = await ended(id, ["markdown"]);
    expect(markdown?.pages).toHaveLength(1);
  });

  it("gives no Markdown on the tier fast", async () => {
    const { id } = await submit(twoPages, { tier: "fast" });
    const { markdown, text } = await ended(id, ["markdown", "text"]);
    expect(markdown).toBeNull();
    expect(text?.pages).toHaveLength(2);
  });

  it("can be cancelled while it runs, deleted only after its end", async () => {
    await control.faults({ jobs: "stuck" });
    const { id } = await submit();
    await expect(client.parsing.delete(id)).rejects.toMatchObject({
      status: 400,
    });
    expect((await client.parsing.cancel(id)).status).toBe("CANCELLED");
    await expect(client.parsing.cancel(id)).rejects.toMatchObject({
      status: 400,
    });
    await client.parsing.delete(id);
    await expect(client.parsing.get(id)).rejects.toMatchObject({ status: 404 });
  });
});

describe("the list", () => {
  it("finds a submission by its metadata, page by page, newest first", async () => {
    const since = new Date().toISOString();
    const ids: string[] = [];
    for (const number of ["1", "2", "3"]) {
      const user_metadata = { number };
      ids.push((await submit(twoPages, { user_metadata })).id);
    }
    const found: (string | undefined)[] = [];
    const query = { created_at_on_or_after: since, page_size: 2 };
    for await (const job of client.parsing.list(query)) {
      found.push(job.user_metadata?.number);
    }
    expect(found).toEqual(["3", "2", "1"]);
    const some = await client.parsing.list({ job_ids: ids.slice(0, 2) });
    expect(some.getPaginatedItems()).toHaveLength(2);
    await Promise.all(ids.map((id) => ended(id)));
    const failed = await client.parsing.list({
      status: "FAILED",
      created_at_on_or_after: since,
    });
    expect(failed.getPaginatedItems()).toEqual([]);
  });
});

describe("permanent failures", () => {
  it.each([
    [
      "PDF_IS_PROTECTED",
      () => makePdf((doc) => doc.text("secret"), { userPassword: "x" }),
    ],
    ["PDF_IS_BROKEN", () => Promise.resolve(twoPages.slice(0, 150))],
    [
      "NO_DATA_FOUND_IN_FILE",
      () => makePdf((doc) => doc.circle(200, 200, 80).fill()),
    ],
    ["TOO_MANY_PAGES", () => makePages(6)],
    [
      "UNSUPPORTED_FILE_TYPE",
      () => Promise.resolve(new TextEncoder().encode("plain text")),
    ],
  ])(
    "mean %s in plain words, in which the product knows it again",
    async (code, make) => {
      const { id } = await submit(await make());
      const { job } = await ended(id);
      expect(job.status).toBe("FAILED");
      expect(job.error_message).not.toContain(code);
      expect(parseFailure(job.error_message)).toMatchObject({
        code,
        permanent: true,
      });
    },
  );

  it("begin with the injected code", async () => {
    await control.faults({ fail_with: "PDF_IS_BROKEN" });
    const { job } = await ended((await submit()).id);
    expect(job.error_message).toBe("PDF_IS_BROKEN: Injected failure");
  });
});

describe("bad requests", () => {
  it("get 401 without the right key", async () => {
    const stranger = new LlamaCloud({
      apiKey: "wrong",
      baseURL: simulator.url,
      maxRetries: 0,
    });
    await expect(stranger.parsing.list()).rejects.toMatchObject({
      status: 401,
    });
    const without = await fetch(`${simulator.url}/api/v2/parse`);
    expect(without.status).toBe(401);
    await without.body?.cancel();
  });

  it("name the wrong field", async () => {
    const wrong = submit(twoPages, { tier: "turbo" });
    await expect(wrong).rejects.toMatchObject({
      status: 422,
      error: { detail: [{ loc: ["body", "tier"] }] },
    });
    await expect(client.parsing.create(options)).rejects.toMatchObject({
      status: 400,
    });
  });

  it.each([
    ["an option that there is not", { ocr: true }, ["ocr"]],
    [
      "an option at the wrong place",
      { output_options: { output_tables_as_markdown: true } },
      ["output_options", "output_tables_as_markdown"],
    ],
    [
      "an unknown language",
      { processing_options: { ocr_parameters: { languages: ["german"] } } },
      ["processing_options", "ocr_parameters", "languages", 0],
    ],
    ["a page before the first", { page_ranges: { target_pages: "0-2" } }, [
      "page_ranges",
      "target_pages",
    ]],
    ["a page twice", { page_ranges: { target_pages: "1-3,2" } }, [
      "page_ranges",
      "target_pages",
    ]],
    ["a range that runs backwards", { page_ranges: { target_pages: "3-1" } }, [
      "page_ranges",
      "target_pages",
    ]],
    [
      "a share beyond all pages",
      {
        processing_control: {
          job_failure_conditions: { allowed_page_failure_ratio: 1.5 },
        },
      },
      [
        "processing_control",
        "job_failure_conditions",
        "allowed_page_failure_ratio",
      ],
    ],
    [
      "more time than there is",
      { processing_control: { timeouts: { base_in_seconds: 7201 } } },
      ["processing_control", "timeouts", "base_in_seconds"],
    ],
    ["instructions where there is no AI", {
      tier: "fast",
      agentic_options: { custom_prompt: "be quick" },
    }, ["agentic_options"]],
  ])("are refused for %s", async (_about, options, path) => {
    await expect(submit(twoPages, options)).rejects.toMatchObject({
      status: 422,
      error: { detail: [{ loc: ["body", ...path] }] },
    });
  });

  it("beyond the upload rate get 429 without Retry-After", async () => {
    const slow = await startLlamaParse({ uploadsPerTenSeconds: 1 });
    const impatient = new LlamaCloud({
      apiKey: "llx-test",
      baseURL: slow.url,
      maxRetries: 0,
    });
    const again = () =>
      impatient.parsing.create({
        ...options,
        upload_file: new File([twoPages], "a.pdf"),
      });
    await again();
    const refused = await again().catch((error) => error);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBeNull();
    await slow.stop();
  });
});

describe("faults on demand", () => {
  it("answer instead of the API as often as asked, without effect", async () => {
    await control.faults({
      next_responses: [
        { route: "create", status: 503, count: 2 },
        { route: "create", status: 402 },
      ],
    });
    for (const status of [503, 503, 402]) {
      await expect(submit()).rejects.toMatchObject({ status });
    }
    await submit();
    expect(await control.count("create")).toBe(1);
  });

  it("withhold an answer after its effect until released", async () => {
    await control.faults({ hold: "create" });
    const held = submit(twoPages, { user_metadata: { job: "held" } });
    let log = await control.log();
    while (log.held === 0) log = await control.log();
    expect(log.requests[0]).toMatchObject({
      route: "create",
      held: true,
      status: null,
      metadata: { user_metadata: { job: "held" } },
    });
    const [job] = (await client.parsing.list()).getPaginatedItems();
    expect(job.user_metadata).toEqual({ job: "held" });
    expect(await control.release()).toBe(1);
    expect((await held).id).toBe(job.id);
    expect((await submit()).status).toBe("PENDING");
  });

  it("log a caller that ended while its answer was withheld", async () => {
    await control.faults({ hold: "list" });
    const { hostname, port } = new URL(simulator.url);
    const caller = await Deno.connect({ hostname, port: Number(port) });
    const request = "GET /api/v2/parse HTTP/1.1\r\nHost: localhost\r\n" +
      "Authorization: Bearer llx-test\r\n\r\n";
    await caller.write(new TextEncoder().encode(request));
    while ((await control.log()).held === 0);
    caller.close();
    await expect.poll(async () => (await control.log()).requests[0])
      .toMatchObject({ abandoned: true, held: false });
    await control.release();
  });

  it("are refused when they name an unknown route or field", async () => {
    await expect(control.faults({ webhook: "lose" })).rejects.toThrow(
      "webhook",
    );
    await expect(control.faults({ hold: "nothing" })).rejects.toThrow(
      "unknown route",
    );
  });
});

describe("the older API", () => {
  it("answers 404 until the result exists", async () => {
    const headers = { authorization: "Bearer llx-test" };
    const form = new FormData();
    form.append("file", new File([twoPages], "old.pdf"));
    const base = `${simulator.url}/api/v1/parsing`;
    const result = (id: string) => fetch(`${base}/job/${id}/result/markdown`, { headers });
    const id = await whileTimeStands(async () => {
      const upload = { method: "POST", headers, body: form };
      const { id } = await (await fetch(`${base}/upload`, upload)).json();
      const early = await result(id);
      expect(early.status).toBe(404);
      await early.body?.cancel();
      return id;
    });
    await ended(id);
    const job = await fetch(`${base}/job/${id}`, { headers });
    expect(await job.json()).toMatchObject({ status: "SUCCESS" });
    const { markdown, job_metadata } = await (await result(id)).json();
    expect(markdown).toContain("# Chapter 1");
    expect(job_metadata.job_pages).toBe(2);
  });
});
