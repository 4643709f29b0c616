import { expect, test } from "vitest";
import { doubtAbout, formatBytes, WEAK_SCORE, withoutOpeningHeadings } from "./demo.ts";

test.each([
  [812, "812 bytes"],
  [50_497, "50 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [25 * 1024 * 1024, "26.2 MB"],
])("%d bytes are shown as %s", (count, text) => {
  expect(formatBytes(count)).toBe(text);
});

test.each([
  [
    "## 3. Items\n\n### 3.1 Where\n\nHere.\n\n#### Later\nMore",
    "Here.\n\n#### Later\nMore",
  ],
  ["#hashtag stays", "#hashtag stays"],
  ["# Only a heading", ""],
  ["No heading", "No heading"],
])("leaves out the opening headings of %j", (markdown, rest) => {
  expect(withoutOpeningHeadings(markdown)).toBe(rest);
});

test("doubts passages below the score that the documents name", async () => {
  expect(doubtAbout([{ score: 0.29 }, { score: 0.1 }])).toContain("No passage answers the question well");
  expect(doubtAbout([{ score: 0.1 }, { score: 0.3 }])).toBeUndefined();
  const page = await Deno.readTextFile("docs/using/searching.md");
  expect(page).toContain(`${WEAK_SCORE} leaves out passages that appear`);
});
