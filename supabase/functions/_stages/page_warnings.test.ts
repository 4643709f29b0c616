import { describe, expect, it } from "vitest";
import { pageList, pageWarnings, type Warning } from "./page_warnings.ts";

const FIRST = { ocr: false, pages: null, warnings: [] as Warning[] };

describe("pageWarnings", () => {
  it("warns of nothing when every page was read", () => {
    expect(
      pageWarnings({ texts: ["Fees", "Hours"], unread: [], empty: [] }, FIRST),
    )
      .toEqual([]);
  });

  it("distinguishes unread pages from pages without text", () => {
    const texts = ["Fees are due in May.", "", "", "NO_CONTENT_HERE"];
    expect(pageWarnings({ texts, unread: [2], empty: [3, 4] }, FIRST)).toEqual([
      {
        code: "PAGES_UNREAD",
        message: "the parser failed on page 2; read again what it failed on",
        pages: [2],
      },
      {
        code: "PAGES_EMPTY",
        message: "no text was found on pages 3–4; if they are scanned, read them again with OCR",
        pages: [3, 4],
      },
    ]);
  });

  it("does not advise OCR when the pages were read with OCR", () => {
    const [{ message }] = pageWarnings(
      { texts: ["A", ""], unread: [], empty: [2] },
      { ...FIRST, ocr: true },
    );
    expect(message).toBe("no text was found on page 2, even with OCR");
  });

  it("does not say that OCR found nothing on pages that were not read with it", () => {
    const pages = { texts: ["A", "", ""], unread: [], empty: [2, 3] };
    const [before] = pageWarnings(pages, FIRST);
    const ocrOf = (asked: number[]) =>
      pageWarnings(pages, { ocr: true, pages: asked, warnings: [before] })[0]
        .message;
    expect(ocrOf([2])).toContain("read them again with OCR");
    expect(ocrOf([2, 3])).toContain("even with OCR");
  });

  it("keeps what was said of empty pages when others are read again", () => {
    const pages = { texts: ["A", "", "C"], unread: [], empty: [2] };
    const [before] = pageWarnings(pages, { ...FIRST, ocr: true });
    expect(pageWarnings(pages, { ocr: true, pages: [3], warnings: [before] }))
      .toEqual([before]);
  });

  it("names the pages whose text the parser cut off", () => {
    const long = "word ".repeat(65_536 / 5) + "w";
    expect(
      pageWarnings({ texts: ["short", long], unread: [], empty: [] }, FIRST),
    )
      .toEqual([expect.objectContaining({ code: "PAGES_CUT", pages: [2] })]);
  });
});

describe("pageList", () => {
  it.each([
    [[3], "page 3"],
    [[2, 3], "pages 2–3"],
    [[2, 3, 4, 8, 10, 11], "pages 2–4, 8 and 10–11"],
    [[1, 3], "pages 1 and 3"],
  ])("writes %j as %s", (pages, text) => expect(pageList(pages)).toBe(text));
});
