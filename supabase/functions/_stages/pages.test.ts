import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinPages, mergeReading, type Pages, splitPages } from "./pages.ts";

const NOTHING: Pages = { texts: [], unread: [], empty: [] };

function reading(texts: Record<number, string>, failed: number[] = []) {
  return {
    pages: Object.entries(texts).map(([page, markdown]) => ({
      page: Number(page),
      markdown,
    })),
    failedPages: failed.map((page) => ({ page, error: "unknown" })),
  };
}

describe("mergeReading", () => {
  it("names the pages that the parser failed on", () => {
    expect(mergeReading(NOTHING, reading({ 1: "A", 3: "C" }, [2]), null))
      .toEqual({ texts: ["A", "", "C"], unread: [2], empty: [] });
  });

  it("counts a page as unread when the result does not mention it", () => {
    expect(mergeReading(NOTHING, reading({ 1: "A", 4: "D" }), null).unread)
      .toEqual([2, 3]);
  });

  it("does not count an empty page as unread", () => {
    expect(mergeReading(NOTHING, reading({ 1: "A", 2: " \n" }), null))
      .toEqual({ texts: ["A", ""], unread: [], empty: [2] });
  });

  it("lays the pages that were asked for over the earlier ones", () => {
    const earlier = { texts: ["A", "", "C", ""], unread: [2, 4], empty: [] };
    expect(mergeReading(earlier, reading({ 2: "B" }), [2]))
      .toEqual({ texts: ["A", "B", "C", ""], unread: [4], empty: [] });
  });

  it("keeps a text that a later reading fails on or finds nothing of", () => {
    const earlier = { texts: ["A", "B"], unread: [], empty: [] };
    expect(mergeReading(earlier, reading({ 1: "" }, [2]), null))
      .toEqual(earlier);
  });

  it("leaves pages unread when nothing came of reading them again", () => {
    const earlier = { texts: ["A", ""], unread: [], empty: [2] };
    expect(mergeReading(earlier, reading({}), [2]).unread).toEqual([2]);
  });

  it("counts as empty what has no text, and not what was merged into a table before it", () => {
    const result = {
      pages: [
        { page: 1, markdown: "| Code |\n|---|\n| A1 |" },
        { page: 2, markdown: "", mergedInto: 1 },
        { page: 3, markdown: "NO_CONTENT_HERE" },
      ],
      failedPages: [],
    };
    const merged = mergeReading(NOTHING, result, null);
    expect(merged.empty).toEqual([3]);
    // Nor later, when other pages are read again.
    expect(mergeReading(merged, reading({ 3: "C" }), [3]).empty).toEqual([]);
  });
});

describe("joinPages", () => {
  it("says where each page begins, in UTF-16 code units", () => {
    const { markdown, pageStarts } = joinPages(["One é 😀", "# Two"]);
    expect(markdown).toBe("One é 😀\n\n# Two\n\n");
    expect(markdown.slice(pageStarts[1])).toBe("# Two\n\n");
  });

  it("keeps the numbers right when pages have no text", () => {
    const { markdown, pageStarts } = joinPages(["A", "", "", "D"]);
    expect(pageStarts).toEqual([0, 3, 3, 3]);
    expect(markdown).toBe("A\n\nD\n\n");
    expect(joinPages([])).toEqual({ markdown: "", pageStarts: [] });
  });

  it("is undone by splitPages", () => {
    const text = fc.string({ unit: "grapheme" }).map((page) => page.trim());
    fc.assert(fc.property(fc.array(text), (texts) => {
      const { markdown, pageStarts } = joinPages(texts);
      expect(splitPages(markdown, pageStarts)).toEqual(texts);
    }));
  });
});
