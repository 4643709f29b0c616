import { expect, it } from "vitest";
import { sectionsOf } from "./runbook.ts";

const RUNBOOK = `# Runbook

Before the sections.

## PipelineOne

**Means:** *less* than it should, see
\`code\`.
`.replace("*less*", "less");

it("reads paragraphs, marked words and code of each alert's section", () => {
  expect(sectionsOf(RUNBOOK)).toEqual(
    new Map([["PipelineOne", [{
      paragraph: [{ strong: ["Means:"] }, " less than it should, see ", { code: "code" }, "."],
    }]]]),
  );
});

it("ends a section at the next heading, whatever it is about", () => {
  const sections = sectionsOf(`${RUNBOOK}\n## Something else\n\nNot an alert.\n\n## PipelineTwo\n\nThe last.\n`);
  expect([...sections.keys()]).toEqual(["PipelineOne", "PipelineTwo"]);
  expect(JSON.stringify([...sections])).not.toContain("Not an alert");
  expect(sections.get("PipelineTwo")).toEqual([{ paragraph: ["The last."] }]);
});

it("reads lists and blocks of commands", () => {
  const text =
    "## PipelineOne\n\n- one\n- two:\n\n  ```sh\n  npm run doctor\n  ```\n\n```sql\nselect 1\nfrom t;\n```\n";
  expect(sectionsOf(text).get("PipelineOne")).toEqual([
    {
      list: [[{ paragraph: ["one"] }], [{ paragraph: ["two:"] }, { code: "npm run doctor", language: "sh" }]],
    },
    { code: "select 1\nfrom t;", language: "sql" },
  ]);
});

it("leads to other alerts within the console, to addresses outside, and names other documents", () => {
  const text =
    "## PipelineOne\n\n[Two](#pipelinetwo), [status](https://status.example.com), [backup](operating/backup.md), " +
    "[else](#something-else)\n\n## PipelineTwo\n\nText.\n";
  expect(sectionsOf(text).get("PipelineOne")).toEqual([{
    paragraph: [
      { link: ["Two"], to: "#/alerts?runbook=PipelineTwo" },
      ", ",
      { link: ["status"], to: "https://status.example.com" },
      ", ",
      "backup",
      " (",
      { code: "docs/operating/backup.md" },
      "), ",
      "else",
      " (",
      { code: "docs/runbook.md#something-else" },
      ")",
    ],
  }]);
});

it.each([
  ["HTML", "text\n\n<script>alert(1)</script>\n"],
  ["HTML within a line", "text <b>bold</b>\n"],
  ["an image", "![picture](https://example.com/a.png)\n"],
  ["a script as the address", "[click](javascript:alert(1))\n\n> quoted\n"],
])("refuses %s rather than leaving it out", (_, text) => {
  expect(() => sectionsOf(`## PipelineOne\n\n${text}`)).toThrow("the console cannot show");
});
