import { describe, expect, it } from "vitest";
import type { Charge } from "../_engine/charges.ts";
import type { Job, Settlement } from "../_engine/stage.ts";
import type { LlamaParse, ParseResult } from "../_providers/llamaparse.ts";
import { parseFailure } from "../_providers/llamaparse_faults.ts";
import type { Storage } from "../_providers/storage.ts";
import { createFetchResult } from "./fetch_result.ts";
import { joinPages } from "./pages.ts";
import type { Submission, Submissions } from "./submissions.ts";

const BILLED = { tier: "cost_effective", credits: null };

const SUBMISSION: Submission = {
  submissionId: "s1",
  providerJobId: "p1",
  pages: null,
  ocr: false,
  isPageReparse: false,
  warnings: [],
  isOverdue: false,
};

function completed(
  texts: Record<number, string>,
  failed: number[] = [],
): ParseResult {
  return {
    state: "completed",
    billed: BILLED,
    pages: Object.entries(texts).map(([page, markdown]) => ({
      page: Number(page),
      markdown,
    })),
    failedPages: failed.map((page) => ({ page, error: "unknown" })),
  };
}

/** A run of the stage on a document of which these pages were read before. */
async function fetchResult(
  result: ParseResult,
  submission: Partial<Submission> = {},
  earlier: string[] | null = null,
) {
  const files = new Map<string, string>();
  const before = joinPages(earlier ?? []);
  if (earlier) files.set("before.md", before.markdown);
  const storage = {
    get: (path: string) => {
      const text = files.get(path);
      return Promise.resolve(
        text === undefined ? null : new TextEncoder().encode(text),
      );
    },
    put: (path: string, bytes: Uint8Array) => {
      files.set(path, new TextDecoder().decode(bytes));
      return Promise.resolve();
    },
  } as unknown as Storage;
  const cancelled: string[] = [];
  const stage = createFetchResult({
    storage,
    llamaparse: {
      result: () => Promise.resolve(result),
      cancel: (id: string) => {
        cancelled.push(id);
        return Promise.resolve();
      },
    } as unknown as LlamaParse,
    submissions: {
      current: () => Promise.resolve({ ...SUBMISSION, ...submission }),
      bounds: () => Promise.resolve({ maxPages: 5, maxTextBytes: 1000 }),
    } as unknown as Submissions,
    tier: "cost_effective",
  });
  const charges: Charge[] = [];
  const settlement = await stage.run(
    {
      userId: "u",
      documentId: "d",
      jobId: "j",
      parsedPath: earlier ? "before.md" : null,
      pageStarts: before.pageStarts,
    } as Job,
    new AbortController().signal,
    charges,
  ) as Settlement & { output: Record<string, unknown>; code?: string };
  return { settlement, files, charges, cancelled };
}

describe("fetch_result", () => {
  it("stores each reading in a file of its own", async () => {
    const { settlement, files } = await fetchResult(
      completed({ 1: "A", 2: "B" }),
    );
    expect(settlement).toMatchObject({
      outcome: "done",
      output: {
        parsed_path: "user/u/parsed/d.s1.md",
        page_starts: [0, 3],
        warnings: [],
      },
    });
    expect(files.get("user/u/parsed/d.s1.md")).toBe("A\n\nB\n\n");
  });

  it("asks once more for the pages that the parser failed on, keeping the rest", async () => {
    const { settlement, files } = await fetchResult(completed({ 1: "A" }, [2]));
    expect(settlement).toMatchObject({
      outcome: "reparse_pages",
      output: { pages_to_reparse: [2], parsed_path: "user/u/parsed/d.s1.md" },
    });
    expect(settlement.output.warnings).toEqual([]);
    expect(files.get("user/u/parsed/d.s1.md")).toBe("A\n\n");
  });

  it("asks once more only for pages that were asked for, and forgets no other warning", async () => {
    const warnings = [
      { code: "PAGES_UNREAD" as const, message: "", pages: [2, 4] },
      { code: "PAGES_EMPTY" as const, message: "", pages: [3] },
    ];
    const { settlement } = await fetchResult(
      completed({}, [2]),
      { pages: [2], warnings },
      ["A", "", "", ""],
    );
    expect(settlement).toMatchObject({
      outcome: "reparse_pages",
      output: {
        pages_to_reparse: [2],
        warnings: [
          { code: "PAGES_UNREAD", pages: [4] },
          { code: "PAGES_EMPTY", pages: [3] },
        ],
      },
    });
  });

  it("warns of empty pages after the first parse and after the second", async () => {
    const first = await fetchResult(completed({ 1: "A", 2: "" }, [3]));
    const { warnings } = first.settlement.output as {
      warnings: Submission["warnings"];
    };
    expect(warnings).toMatchObject([{ code: "PAGES_EMPTY", pages: [2] }]);
    const second = await fetchResult(
      completed({ 3: "C" }),
      { pages: [3], isPageReparse: true, warnings },
      ["A", "", ""],
    );
    expect(second.settlement.output.warnings).toEqual(warnings);
  });

  it("warns of what the second reading failed on too, and merges the rest", async () => {
    const { settlement, files } = await fetchResult(
      completed({ 2: "B" }, [3]),
      { pages: [2, 3], isPageReparse: true, submissionId: "s2" },
      ["A", "", ""],
    );
    expect(settlement).toMatchObject({
      outcome: "done",
      output: {
        page_starts: [0, 3, 6],
        warnings: [{ code: "PAGES_UNREAD", pages: [3] }],
      },
    });
    expect(files.get("user/u/parsed/d.s2.md")).toBe("A\n\nB\n\n");
  });

  it.each<[string, ParseResult, string]>([
    [
      "fails",
      {
        state: "failed",
        billed: BILLED,
        code: "LLAMAPARSE_FAILED",
        message: "The parser failed on this document",
        permanent: false,
      },
      "LLAMAPARSE_FAILED",
    ],
    [
      "is stopped",
      { state: "cancelled", billed: BILLED },
      "PARSE_CANCELLED",
    ],
    ["is gone", { state: "unknown" }, "PARSE_RESULT_GONE"],
  ])(
    "is done without the pages when the second parse %s",
    async (_, result, code) => {
      const { settlement, files } = await fetchResult(
        result,
        { pages: [2], isPageReparse: true },
        ["A", ""],
      );
      expect(settlement).toEqual({
        outcome: "done",
        output: {
          submission_outcome: code,
          warnings: [
            expect.objectContaining({ code: "PAGES_UNREAD", pages: [2] }),
          ],
        },
      });
      expect([...files.keys()]).toEqual(["before.md"]);
    },
  );

  it("rejects a document of which the second reading reads no page either", async () => {
    const first = await fetchResult(completed({}, [1, 2]));
    expect(first.settlement).toEqual({
      outcome: "reparse_pages",
      output: { pages_to_reparse: [1, 2] },
    });
    const second = await fetchResult(
      completed({}, [1, 2]),
      { pages: [1, 2], isPageReparse: true },
    );
    expect(second.settlement).toMatchObject({
      outcome: "reject",
      code: "NO_PAGE_READ",
    });
  });

  it("advises OCR when no page has text", async () => {
    const { settlement } = await fetchResult(completed({ 1: "", 2: "- 2 -" }));
    expect(settlement).toMatchObject({
      outcome: "reject",
      code: "EMPTY_DOCUMENT",
      message: expect.stringContaining("upload it with OCR"),
    });
    const withOcr = await fetchResult(completed({ 1: "" }), { ocr: true });
    expect(withOcr.settlement).toMatchObject({
      message: "No text was found, even with OCR: upload a copy whose pages can be read",
    });
  });

  it("does not advise OCR when the parser found no text with it", async () => {
    const failed: ParseResult = {
      state: "failed",
      billed: BILLED,
      ...parseFailure("NO_DATA_FOUND_IN_FILE"),
    };
    expect((await fetchResult(failed)).settlement).toMatchObject({
      outcome: "reject",
      message: "No text was found; it may be a scan: upload it with OCR",
    });
    expect((await fetchResult(failed, { ocr: true })).settlement).toMatchObject(
      {
        outcome: "reject",
        message: "No text was found, even with OCR: upload a copy whose pages can be read",
      },
    );
  });

  it("resubmits or rejects when the first parse failed", async () => {
    const failed = (permanent: boolean): ParseResult => ({
      state: "failed",
      billed: BILLED,
      code: "LLAMAPARSE_FAILED",
      message: "m",
      permanent,
    });
    expect((await fetchResult(failed(false))).settlement.outcome).toBe(
      "resubmit",
    );
    expect((await fetchResult(failed(true))).settlement.outcome).toBe("reject");
  });

  it("charges every page that came back, read or not", async () => {
    const { charges } = await fetchResult(completed({ 1: "A", 2: "" }, [3]));
    expect(charges).toMatchObject([{ key: "parse:s1", quantity: 3 }]);
  });

  it("rejects a document of more pages than are allowed", async () => {
    const { settlement } = await fetchResult(completed({ 6: "F" }));
    expect(settlement).toMatchObject({ outcome: "reject" });
  });
});
