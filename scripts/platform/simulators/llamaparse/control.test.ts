import { LlamaCloud } from "@llamaindex/llama-cloud";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ControlClient } from "../control_client.ts";
import type { Simulator } from "../simulator.ts";
import { answerWith, failPages, failWith, ocrText, shapePages, submissions } from "./control.ts";
import { makePages } from "./sample_pdf.ts";
import { startLlamaParse } from "./server.ts";

const CASES = new URL(
  "../../../../supabase/tests/e2e/fixtures/cases/",
  import.meta.url,
);

let simulator: Simulator;
let url: string;
let client: LlamaCloud;
const threePages = await makePages(3);

beforeAll(async () => {
  simulator = await startLlamaParse({ pendingMs: 1, runningMs: 1 });
  ({ url } = simulator);
  client = new LlamaCloud({ apiKey: "any", baseURL: url, maxRetries: 0 });
});
afterEach(() => new ControlClient(url).reset());
afterAll(() => simulator.stop());

type Options = Record<string, unknown>;

const allPagesMayFail = {
  processing_control: {
    job_failure_conditions: { allowed_page_failure_ratio: 1 },
  },
};
const target = (target_pages: string) => ({ page_ranges: { target_pages } });

async function read(
  bytes: Uint8Array<ArrayBuffer> = threePages,
  options: Options = {},
) {
  const { id } = await client.parsing.create({
    tier: "cost_effective",
    version: "latest",
    upload_file: new File([bytes], "document.pdf"),
    ...options,
  });
  for (;;) {
    const answer = await client.parsing.get(id, {
      expand: ["markdown", "items"],
    });
    if (!["PENDING", "RUNNING"].includes(answer.job.status)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The Markdown of each page, or false of one that failed. */
async function pagesOf(bytes?: Uint8Array<ArrayBuffer>, options?: Options) {
  const { job, markdown } = await read(bytes, options);
  if (!markdown) throw new Error(job.error_message ?? job.status);
  return Object.fromEntries(
    markdown.pages.map((page) => [
      page.page_number,
      page.success && page.markdown,
    ]),
  );
}

async function caseFile(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(new URL(name, CASES));
}

const page = (page_number: number, markdown: string) => ({
  page_number,
  success: true,
  markdown,
});

describe("results that are given", () => {
  it("replace what would be read, page by page, unchanged", async () => {
    for await (const { name } of Deno.readDir(CASES)) {
      if (!name.startsWith("l-")) continue;
      const answer = JSON.parse(await Deno.readTextFile(new URL(name, CASES)));
      await answerWith(url, answer);
      const { markdown } = await read(threePages, allPagesMayFail);
      expect(markdown?.pages, name).toMatchObject(answer.pages);
      await new ControlClient(url).reset();
    }
  });

  it("stay with their document when some pages are read again", async () => {
    await answerWith(url, { pages: [page(1, "one"), page(2, "two")] });
    expect(await pagesOf()).toEqual({ 1: "one", 2: "two" });
    expect(await pagesOf(threePages, target("2"))).toEqual({ 2: "two" });
    expect((await pagesOf(await makePages(1)))[1]).toContain("Chapter 1");
  });

  it("take turns after `times` readings", async () => {
    await answerWith(
      url,
      { pages: [{ page_number: 1, success: false, error: "no" }], times: 1 },
      { pages: [page(1, "after all")] },
    );
    expect(await pagesOf(threePages, allPagesMayFail)).toEqual({ 1: false });
    expect(await pagesOf()).toEqual({ 1: "after all" });
    expect(await pagesOf()).toEqual({ 1: "after all" });
  });

  it("apply to one document when they name its SHA-256", async () => {
    const bytes = await makePages(1);
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    const sha256 = new Uint8Array(hash).toHex();
    await answerWith(url, { sha256, pages: [page(1, "for this one")] });
    expect((await pagesOf())[1]).toContain("Chapter 1");
    expect(await pagesOf(bytes)).toEqual({ 1: "for this one" });
  });
});

describe("pages that fail", () => {
  it("fail `times` times and are read when asked for again", async () => {
    await failPages(url, [2], { times: 1, error: "page timed out" });
    const { markdown } = await read(threePages, allPagesMayFail);
    expect(markdown?.pages[1]).toEqual({
      page_number: 2,
      success: false,
      error: "page timed out",
    });
    const again = await pagesOf(threePages, target("2"));
    expect(Object.keys(again)).toEqual(["2"]);
    expect(again[2]).toContain("Chapter 2");
  });

  it("keep failing without `times`, and do not affect readings of other pages", async () => {
    await failPages(url, [2]);
    for (const _ of [1, 2]) {
      const options = { ...allPagesMayFail, ...target("2-3") };
      expect(await pagesOf(threePages, options)).toMatchObject({ 2: false });
    }
    expect((await pagesOf(threePages, target("1,3")))[3]).toContain(
      "Chapter 3",
    );
  });

  it("fail the job beyond the allowed share, a twentieth by default", async () => {
    await failPages(url, [2]);
    const withRatio = (allowed_page_failure_ratio: number) =>
      read(threePages, {
        processing_control: {
          job_failure_conditions: { allowed_page_failure_ratio },
        },
      });
    for (const answer of [await read(), await withRatio(0.3)]) {
      expect(answer.job).toMatchObject({
        status: "FAILED",
        error_message: expect.stringMatching(/^Too many pages failed: 1 of 3/),
      });
      expect(answer.markdown).toBeNull();
    }
    expect((await withRatio(0.34)).job.status).toBe("COMPLETED");
  });
});

describe("failures", () => {
  it("have the given message", async () => {
    await failWith(url, "The PDF is encrypted");
    expect((await read()).job).toMatchObject({
      status: "FAILED",
      error_message: "The PDF is encrypted",
    });
    await failWith(url, null);
    expect((await read()).job.status).toBe("COMPLETED");
  });
});

describe("scanned pages", () => {
  const withoutOcr = {
    processing_options: { ignore: { ignore_text_in_image: true } },
  };
  const text = { 2: "The rent is 900 euros.", 8: "not a scan" };

  it("have the given text when OCR is on, and none otherwise", async () => {
    const bytes = await caseFile("p23-mixed-scan.pdf");
    await ocrText(url, text);
    expect(await pagesOf(bytes, withoutOcr)).toMatchObject({ 2: "", 3: "" });
    expect(await pagesOf(bytes)).toMatchObject({
      2: "The rent is 900 euros.",
      3: "",
      8: "End of the bundle.",
    });
  });

  it("are empty without a given text, and fail the job if all pages are", async () => {
    const bytes = await caseFile("p01-scanned.pdf");
    for (const options of [{}, withoutOcr]) {
      expect((await read(bytes, options)).job).toMatchObject({
        status: "FAILED",
        error_message: "No text was found in the document",
      });
    }
  });
});

describe("tables", () => {
  const asked = (tables: Options) => ({
    output_options: { markdown: { tables } },
  });

  it("are HTML unless Markdown is asked for, or when the fault asks for HTML", async () => {
    const bytes = await caseFile("p16-table-across-pages.pdf");
    const markdown = asked({ output_tables_as_markdown: true });
    expect((await pagesOf(bytes))[1]).toContain("<th>Code</th>");
    expect((await pagesOf(bytes, markdown))[1]).toContain("| Code |");
    await shapePages(url, { tables: "html" });
    expect((await pagesOf(bytes, markdown))[1]).toContain("<th>Code</th>");
  });

  it("are merged when asked for, and the items list their pages", async () => {
    const bytes = await caseFile("p16-table-across-pages.pdf");
    const { markdown, items } = await read(
      bytes,
      asked({ output_tables_as_markdown: true, merge_continued_tables: true }),
    );
    expect(markdown?.pages[0]).toMatchObject({
      markdown: expect.stringContaining("| T-210 |"),
    });
    expect(markdown?.pages[1]).toMatchObject({ success: true, markdown: "" });
    expect(items?.pages).toMatchObject([
      { items: [{ type: "table", merged_from_pages: [1, 2, 3] }] },
      { items: [{ merged_into_page: 1 }] },
      { items: [{ merged_into_page: 1 }] },
    ]);
  });
});

describe("shapes", () => {
  it("add fences, running lines, rules and pictures", async () => {
    await shapePages(url, {
      running_lines: { header: "ACME Handbook", footer: "Page {page}" },
    });
    expect((await pagesOf())[2]).toMatch(
      /^ACME Handbook\n\n# Chapter 2\n\n[^]*\n\nPage 2$/,
    );
    await shapePages(url, { running_lines: null, page_marks: true });
    expect((await pagesOf())[2]).toMatch(
      /^---\n\n!\[image\]\(page_2_image_1_v2\.jpg\)\n\n# Chapter 2[^]*\n\n---$/,
    );
    await shapePages(url, { page_marks: false, fences: true });
    expect((await pagesOf())[2]).toMatch(
      /^```markdown\n# Chapter 2[^]*\n```$/,
    );
  });

  it("empty a page, or replace it by a placeholder", async () => {
    await shapePages(url, { empty_pages: [1], placeholder_pages: [2] });
    expect(await pagesOf()).toMatchObject({
      1: "",
      2: "NO_CONTENT_HERE",
      3: expect.stringContaining("Chapter 3"),
    });
  });

  it("end at 64 KB, between two characters", async () => {
    await answerWith(url, {
      pages: [page(1, "a".repeat(70_000)), page(2, "の".repeat(30_000))],
    });
    const pages = await pagesOf();
    expect(pages[1]).toBe("a".repeat(65_536));
    expect(pages[2]).toBe("の".repeat(21_845));
  });
});

describe("the log", () => {
  it("lists the options of each submission without secrets", async () => {
    await read(threePages, {
      ...target("2"),
      webhook_configurations: [{
        webhook_url: "http://127.0.0.1:1/hook",
        webhook_signing_secret: "a secret",
      }],
    });
    const [{ options, record }] = await submissions(url);
    expect(options).toMatchObject(target("2"));
    expect(JSON.stringify(record)).not.toContain("a secret");
  });
});
