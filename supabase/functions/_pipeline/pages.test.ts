import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinPages, mergeReading, type Pages, splitPages } from "./pages.ts";

const NOTHING: Pages = { texts: [], unread: [] };

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
      .toEqual({ texts: ["A", "", "C"], unread: [2] });
  });

  it("counts a page as unread when the result does not mention it", () => {
    expect(mergeReading(NOTHING, reading({ 1: "A", 4: "D" }), null).unread)
      .toEqual([2, 3]);
  });

  it("does not count an empty page as unread", () => {
    expect(mergeReading(NOTHING, reading({ 1: "A", 2: " \n" }), null))
      .toEqual({ texts: ["A", ""], unread: [] });
  });

  it("lays the pages that were asked for over the earlier ones", () => {
    const earlier = { texts: ["A", "", "C", ""], unread: [2, 4] };
    expect(mergeReading(earlier, reading({ 2: "B" }), [2]))
      .toEqual({ texts: ["A", "B", "C", ""], unread: [4] });
  });

  it("keeps a text that a later reading fails on or finds nothing of", () => {
    const earlier = { texts: ["A", "B"], unread: [] };
    expect(mergeReading(earlier, reading({ 1: "" }, [2]), null))
      .toEqual(earlier);
  });

  it("leaves pages unread when nothing came of reading them again", () => {
    const earlier = { texts: ["A", ""], unread: [] };
    expect(mergeReading(earlier, reading({}), [2]).unread).toEqual([2]);
  });

  it("takes pages that come back counted from 1 as those asked for", () => {
    const earlier = { texts: ["A", "", "C", "", "E"], unread: [2, 4] };
    expect(mergeReading(earlier, reading({ 1: "B" }, [2]), [4, 2]))
      .toEqual({ texts: ["A", "B", "C", "", "E"], unread: [4] });
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
