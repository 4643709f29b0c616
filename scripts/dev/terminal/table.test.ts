import { describe, expect, it } from "vitest";
import { alignedLines, formatMs, formatRate, markdownLines } from "./table.ts";

const table = {
  columns: [{ title: "side" }, { title: "jobs/s", align: "right" as const }],
  rows: [["a loop", "9"], ["us", "1,234"]],
};

describe("alignedLines", () => {
  it("makes each column as wide as its widest cell", () => {
    expect(alignedLines(table)).toEqual([
      "side    jobs/s",
      "──────  ──────",
      "a loop       9",
      "us       1,234",
    ]);
  });
});

describe("markdownLines", () => {
  it("marks right-aligned columns in the rule", () => {
    expect(markdownLines(table)).toEqual([
      "| side   | jobs/s |",
      "| ------ | -----: |",
      "| a loop |      9 |",
      "| us     |  1,234 |",
    ]);
  });

  it("escapes bars in cells", () => {
    const lines = markdownLines({ columns: [{ title: "x" }], rows: [["a|b"]] });
    expect(lines.at(-1)).toBe("| a\\|b |");
  });
});

describe("formatMs", () => {
  it("shows three figures", () => {
    expect(formatMs(1.2345)).toBe("1.23 ms");
    expect(formatMs(12.345)).toBe("12.3 ms");
    expect(formatMs(1234.5)).toBe("1,235 ms");
    expect(formatMs(12_345)).toBe("12.3 s");
  });

  it("shows missing values", () => {
    expect(formatMs(undefined)).toBe("–");
    expect(formatRate(undefined)).toBe("–");
  });
});
