import { describe, expect, it } from "vitest";
import { removeDataUris } from "./data_uris.ts";

const base64 = "QUJDREVGR0hJSktMTU5P".repeat(500);
const wrapped = base64.match(/.{76}|.+$/g)!.join("\n");

describe("data URIs", () => {
  it.each([
    [
      "of an image",
      `![Plan](data:image/png;base64,${base64}) Next.`,
      "![Plan]() Next.",
    ],
    ["of a tiny image", "![Dot](data:image/gif;base64,R0lGODlh)", "![Dot]()"],
    [
      "of a tag",
      `<img alt="Plan" src="data:image/png;base64,${base64}">`,
      '<img alt="Plan" src="">',
    ],
    [
      "in lines",
      `<img src="data:image/png;base64,${wrapped}">End`,
      '<img src="">End',
    ],
    [
      "of a style",
      `a { background: url(data:image/png;base64,${base64}) }`,
      "a { background: url() }",
    ],
    [
      "of a font",
      `src: url('data:font/woff2;charset=utf-8;base64,${base64}')`,
      "src: url('')",
    ],
    ["bare", `See data:application/pdf;base64,${base64}. End`, "See . End"],
    [
      "of unencoded SVG",
      `<img src='data:image/svg+xml;utf8,<svg a="b c"><g/></svg>'>`,
      "<img src=''>",
    ],
    [
      "of a definition",
      `[a]: https://a.example\n[img]: data:image/png;base64,${base64}\nText`,
      "[a]: https://a.example\n\nText",
    ],
  ])("are removed: %s", (_, text, left) => {
    expect(removeDataUris(text)).toBe(left);
  });

  it.each([
    "Write `data:text/plain,Hello` to try it.",
    "data: image/png is a type.",
    "The metadata:id/name, as given.",
    "Personal data:see page 3.",
    "[a]: https://a.example/data:x",
  ])("are not found in %j", (text) => {
    expect(removeDataUris(text)).toBe(text);
  });

  it("take no time when they are never closed", () => {
    const text = "data:image/svg+xml,<svg ".repeat(40_000);
    expect(removeDataUris(text)).toBe(text);
  });
});
