import { expect, it } from "vitest";
import { emptyPages } from "./page_text.ts";

it.each([
  ["nothing", ["Text.", "", " \n\n", "More."], [2, 3]],
  ["placeholders", [
    "NO_CONTENT_HERE",
    "[Blank page]",
    "This page intentionally left blank.",
    "Text.",
  ], [1, 2, 3]],
  ["page numbers", ["1", "2", "- 3 -", "Page 4 of 5", "v", "Text.\n\n6"], [
    1,
    2,
    3,
    4,
    5,
  ]],
  ["roman numbers that count", ["iii", "iv", "Text."], [1, 2]],
  ["images without alt text", [
    "![](a.png)",
    "![image](page_2_image_1.jpg)",
    '<img src="x.png">',
    "![Wiring diagram](a.png)",
  ], [1, 2, 3]],
  ["rules and empty tags", ["---", "<div></div>", '<a id="p3"></a>', "Text."], [
    1,
    2,
    3,
  ]],
  ["a scan's running lines", [
    "ACME Ltd\n\n3",
    "ACME Ltd\n\n4",
    "ACME Ltd\n\nThe fee is ten.\n\n5",
    "ACME Ltd\n\n6",
  ], [1, 2, 4]],
])("%s are no text", (_, pages, empty) => {
  expect(emptyPages(pages)).toEqual(empty);
});

it.each([
  ["a number that is no page's", ["1984", "Text."]],
  ["a short word", ["Yes", "No"]],
  ["a heading alone", ["# Part I", "# Part II"]],
  ["contents", ["# Contents\n\nIntro ...... 2\nEnd ...... 3", "Text."]],
  ["the same sentence on all pages", [
    "All is well.",
    "All is well.",
    "All is well.",
  ]],
  ["Japanese", ["日曜日は休館です。"]],
  ["a pictograph", ["😀"]],
])("%s is text", (_, pages) => {
  expect(emptyPages(pages)).toEqual([]);
});
