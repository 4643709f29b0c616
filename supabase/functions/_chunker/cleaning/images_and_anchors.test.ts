import { describe, expect, it } from "vitest";
import { removeImagesAndAnchors } from "./images_and_anchors.ts";

describe("invisible markup", () => {
  it.each([
    [
      "an image without its alt text",
      "![Wiring diagram](a.png)",
      "Wiring diagram",
    ],
    ["an image with a title", '![A [b] c](a(1).png "T")', "A [b] c"],
    ["an image by reference", "![Plan][p]", "Plan"],
    ["an image that says nothing", "![image](page_1_image_1_v2.jpg)", ""],
    ["an image named after its file", "![page_1_image_1.jpg](x.jpg)", ""],
    [
      "an image in a link",
      "[![Plan](a.png)](https://a.example)",
      "[Plan](https://a.example)",
    ],
    ["an image as a tag", '<img src="a.png"\n alt="Plan &c">', "Plan &c"],
    ["an anchor", '<a id="page-3"></a>Text <a name="x"/>', "Text "],
    ["an anchor behind a heading", "## Fees {#sec-fees}", "## Fees"],
    ["an empty link", "Text[](#page-3).", "Text."],
    ["a comment", "A<!-- PageBreak\n -->B", "AB"],
  ])("is removed: %s", (_, text, left) => {
    expect(removeImagesAndAnchors(text)).toBe(left);
  });

  it.each([
    "[A link](https://a.example/x_(y)) stays.",
    '<a href="https://a.example">A link</a> stays.',
    "`![code](a.png)` and ``<!-- ` -->`` stay.",
    "```html\n<!-- comment -->\n<img alt=x>\n![a](b)\n```",
    "Wow![1] is no image.",
    "a <!-- never closed",
    "1 < 2 and 3 > 2",
    "<b>bold</b> {#not-behind-a-heading}",
  ])("is not found in %j", (text) => {
    expect(removeImagesAndAnchors(text)).toBe(text);
  });
});
