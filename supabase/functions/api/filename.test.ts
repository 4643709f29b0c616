import { describe, expect, it } from "vitest";
import { filename, shortened } from "./filename.ts";

const length = (text: string) => [...text].length;

describe("the name of a file", () => {
  it.each([
    ["re\u0301sume\u0301.pdf", "r\u00e9sum\u00e9.pdf"],
    ["\u1112\u1161\u11ab.pdf", "\ud55c.pdf"],
    [" a\u202eb\u0000.pdf ", "ab.pdf"],
    ["a\ud800.pdf", "a\ufffd.pdf"],
    ["x".repeat(1000), "x".repeat(1000)],
  ])("stores %j as %j", (sent, kept) => {
    expect(filename.parse(sent)).toBe(kept);
  });

  it.each(["", "\u202e", "x".repeat(1001), 7])("refuses %j", (sent) => {
    expect(filename.safeParse(sent).success).toBe(false);
  });
});

describe("a name of more than 120 characters", () => {
  it.each([
    ["x".repeat(120), "x".repeat(120)],
    [`${"x".repeat(300)}.pdf`, `${"x".repeat(116)}.pdf`],
    [`${"x".repeat(300)}.Markdown`, `${"x".repeat(111)}.Markdown`],
    ["x".repeat(121), "x".repeat(120)],
    // A sentence with dots has no extension.
    [`${"x".repeat(121)}. And more`, "x".repeat(120)],
    [`${"x".repeat(121)}.${"y".repeat(17)}`, "x".repeat(120)],
    [`.${"x".repeat(121)}`, `.${"x".repeat(119)}`],
    [`${"x".repeat(115)} ${"y".repeat(50)}.pdf`, `${"x".repeat(115)}.pdf`],
  ])("shortens %s before its extension", (name, expected) => {
    expect(shortened(name)).toBe(expected);
  });

  it.each([
    ["a surrogate pair", "\u{1f600}"],
    ["a letter and its mark", "x\u0323"],
    ["a family", "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}"],
    ["a flag", "\u{1f1e9}\u{1f1ea}"],
    ["a letter with a vowel sign", "\u0915\u094d\u0937\u093f"],
  ])("is not shortened within %s", (_what, character) => {
    for (let before = 90; before <= 110; before++) {
      const short = shortened(
        `${"a".repeat(before)}${character.repeat(30)}.pdf`,
      );
      expect(length(short)).toBeLessThanOrEqual(120);
      expect(length(short)).toBeGreaterThan(120 - length(character));
      const rest = short.replaceAll(character, "");
      expect(rest).toBe(`${"a".repeat(before)}.pdf`);
    }
  });

  it("shortens a letter with more combining marks than fit", () => {
    const short = shortened(`a${"\u0323".repeat(500)}.pdf`);
    expect(length(short)).toBe(120);
    expect(short).toMatch(/^a\u0323+\.pdf$/u);
  });
});
