import { describe, expect, it } from "vitest";
import { isCut, markMerged, MAX_PAGE_BYTES, readPages } from "./llamaparse_content.ts";

const page = (page_number: number, markdown = `text ${page_number}`) => ({
  page_number,
  markdown,
  success: true,
});
const failure = (page_number: number) => ({
  page_number,
  success: false,
  error: "page timed out",
});
const numbers = (pages: unknown[], asked?: number[] | null) => {
  const read = readPages({ pages }, asked);
  return [
    read.pages.map((entry) => [entry.page, entry.markdown]),
    read.failedPages.map((entry) => entry.page),
  ];
};

describe("the pages of a result", () => {
  it("keep the document's numbers when only some were requested", () => {
    expect(numbers([page(13), failure(2), page(7)], [2, 7, 13]))
      .toEqual([[[7, "text 7"], [13, "text 13"]], [2]]);
    expect(numbers([page(2)], [1, 2])).toEqual([[[2, "text 2"]], []]);
    expect(numbers([], [5])).toEqual([[], []]);
  });

  it("get them when the parser counted the requested ones", () => {
    expect(numbers([page(1), failure(2), page(3)], [13, 2, 7]))
      .toEqual([[[2, "text 1"], [13, "text 3"]], [7]]);
    expect(numbers([page(1)], [13])).toEqual([[[13, "text 1"]], []]);
  });

  it("are an error when they were not requested", () => {
    expect(() => numbers([page(4)], [2, 3])).toThrow("not requested");
  });

  it("may be any when all were requested", () => {
    expect(numbers([page(2), page(9)])).toEqual([
      [[2, "text 2"], [9, "text 9"]],
      [],
    ]);
  });
});

describe("a page whose table was merged into an earlier one", () => {
  const table = { type: "table", merged_from_pages: [1, 2, 3] };
  const gone = { type: "table", merged_into_page: 1 };

  it("is distinguished from an empty one by the items of the result", () => {
    const parsed = readPages({
      pages: [page(1), page(2, " \n"), page(3, "and more"), page(4, "")],
    });
    const items = {
      pages: [
        { page_number: 1, success: true, items: [table] },
        { page_number: 2, success: true, items: [gone] },
        { page_number: 3, success: true, items: [gone] },
        { page_number: 4, success: true, items: [] },
        { page_number: 5, success: false, error: "page timed out" },
      ],
    };
    expect(markMerged(parsed, items).pages).toEqual([
      { page: 1, markdown: "text 1" },
      { page: 2, markdown: " \n", mergedInto: 1 },
      { page: 3, markdown: "and more" },
      { page: 4, markdown: "" },
    ]);
  });

  it.each([undefined, null, {}, { pages: null }, { pages: [null, {}] }])(
    "is not recognised in %j",
    (items) => {
      const parsed = readPages({ pages: [page(1, "")] });
      expect(markMerged(parsed, items)).toEqual(parsed);
    },
  );
});

describe("a page that was cut off at the parser's limit", () => {
  it.each([
    ["that fills it", "a".repeat(MAX_PAGE_BYTES), true],
    ["whose last character did not fit", "の".repeat(21_845), true],
    ["whose last emoji did not fit", `a${"😀".repeat(16_383)}`, true],
    ["that lost white space at its end", "a".repeat(MAX_PAGE_BYTES - 2), true],
    ["counted in characters", "の".repeat(MAX_PAGE_BYTES), true],
    ["shorter by more than that", "a".repeat(MAX_PAGE_BYTES - 100), false],
    ["shorter, in three-byte characters", "の".repeat(21_000), false],
    ["empty", "", false],
  ])("is recognised %s", (_about, markdown, cut) => {
    expect(isCut(markdown)).toBe(cut);
  });
});
