import { describe, expect, it } from "vitest";
import { joinPages } from "./collect.ts";

describe("joinPages", () => {
  it("tells where each page begins", () => {
    const { markdown, pageStarts } = joinPages([
      { page: 2, markdown: "# Two" },
      { page: 1, markdown: "One é 😀\n" },
    ]);
    expect(markdown).toBe("One é 😀\n\n# Two\n\n");
    expect(markdown.slice(pageStarts[1])).toBe("# Two\n\n");
  });

  it("keeps the numbers right when a page failed or is empty", () => {
    const { markdown, pageStarts } = joinPages([
      { page: 1, markdown: "A" },
      { page: 3, markdown: "  " },
      { page: 4, markdown: "D" },
    ]);
    expect(pageStarts).toHaveLength(4);
    expect(markdown.slice(pageStarts[3])).toBe("D\n\n");
    expect(joinPages([])).toEqual({ markdown: "", pageStarts: [] });
  });
});
