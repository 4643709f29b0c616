import { describe, expect, it } from "vitest";
import { closeFence, continueFences } from "./unclosed_fences.ts";

describe("a fence that is left open", () => {
  it("ends with the page", () => {
    expect(closeFence("Run:\n\n~~~~sh\nls\n\n")).toBe(
      "Run:\n\n~~~~sh\nls\n~~~~\n\n",
    );
  });

  it("ends before a heading with prose below", () => {
    expect(
      closeFence(
        "```sh\nls\n\n# Configure\n\nSet it.\n\n# Remove\n\nDelete it.",
      ),
    )
      .toBe(
        "```sh\nls\n```\n\n# Configure\n\nSet it.\n\n# Remove\n\nDelete it.",
      );
  });

  it.each([
    ["comments", "```sh\n# install\nls\n\n# remove\nrm x\n"],
    ["a comment and code", "```py\nx = 1\n\n# then\n\nprint(x)\n"],
  ])("does not end before %s", (_, text) => {
    expect(closeFence(text)).toBe(`${text.trimEnd()}\n\`\`\`\n\n`);
  });

  it.each([
    "```\na\n\n# B\n\nC\n```\n",
    "Text with ``` in it.",
    "> ```\n> a\n> ```",
  ])(
    "is not found in %j",
    (text) => expect(closeFence(text)).toBe(text),
  );

  it("continues when the next page closes it", () => {
    expect(continueFences(["```sh\nls", "rm x\n```\n\nDone.", "End."]))
      .toEqual(["```sh\nls", "```\nrm x\n```\n\nDone.", "End."]);
  });

  it("does not continue when the next page opens its own", () => {
    const pages = ["```sh\nls", "Text.\n\n```\nrm x\n```\n"];
    expect(continueFences(pages)).toEqual(pages);
  });
});
