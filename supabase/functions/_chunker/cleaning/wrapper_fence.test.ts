import { expect, it } from "vitest";
import { unwrapPage } from "./wrapper_fence.ts";

it.each([
  ["", "```markdown\n# T\n\nText.\n```", "# T\n\nText."],
  [
    " with code in it",
    "```md\n# T\n\n```sh\nls\n```\n\nText.\n```\n",
    "# T\n\n```sh\nls\n```\n\nText.",
  ],
  [" that is never closed", "```markdown\n# T\n\nText.", "# T\n\nText."],
])("removes a page's wrapper%s", (_, page, text) => {
  expect(unwrapPage(page)).toBe(text);
});

it.each([
  ["code", "```sh\nls\n```"],
  ["code that does not say what it is", "```\n# T\n```"],
  ["an example at the top", "```markdown\n# T\n```\n\nText.\n\n```sh\nls\n```"],
  ["an example further down", "Text.\n\n```markdown\n# T\n```"],
  ["prose", "# T\n\nText."],
])("keeps %s", (_, page) => {
  expect(unwrapPage(page)).toBe(page);
});
