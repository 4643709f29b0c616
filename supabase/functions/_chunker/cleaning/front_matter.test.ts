import { describe, expect, it } from "vitest";
import { takeFrontMatter } from "./front_matter.ts";

describe("front matter", () => {
  it.each([
    [
      "plain",
      "title: Staff handbook\ntags: [hr, leave]\nstatus: draft",
      "Staff handbook",
    ],
    [
      "in double quotes",
      'title: "The \\"new\\" rules: 2026"',
      'The "new" rules: 2026',
    ],
    ["in single quotes", "title: 'It''s here' ", "It's here"],
    [
      "on lines below",
      "title: >-\n  Staff\n  handbook\nauthor: Jane",
      "Staff handbook",
    ],
    ["with a comment", "title: Staff handbook # draft", "Staff handbook"],
    ["missing", "author: Jane\nkeywords:\n- a\n- b", null],
    ["empty", "title:\nauthor: Jane", null],
  ])("is removed, its title %s", (_, yaml, title) => {
    for (const end of ["---", "..."]) {
      expect(takeFrontMatter(`---\n${yaml}\n${end}\n\n# Leave\n`))
        .toEqual({ text: "\n\n# Leave\n", title });
    }
  });

  it.each([
    ["a rule and prose", "---\n\nGamma team meets on Monday.\n\n---\n\nMore."],
    ["a rule and a heading", "---\n\n# Gate\n\nLocked at ten.\n\n---\n"],
    ["keys without an end", "---\ntitle: x\n\nText."],
    ["keys further down", "# T\n\n---\ntitle: x\n---\n"],
    ["a rule twice", "---\n---\nText."],
    ["dialogue", "---\nAnn: hello there\nand she went on\n---\n"],
  ])("is not %s", (_, text) => {
    expect(takeFrontMatter(text)).toEqual({ text, title: null });
  });
});
