import { expect, test } from "vitest";
import { formatBytes, withoutOpeningHeadings } from "./demo.ts";

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
