import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Block, readBlocks, textsOf } from "./readable.ts";

/** A block as a person would read it aloud. */
function spoken(block: Block): string {
  const text = (runs: { text: string }[]) => runs.map(({ text }) => text).join("");
  if (block.kind !== "table") return `${block.kind}: ${text(block.runs)}`;
  const rows = [block.head, ...block.rows].filter((row) => row.length > 0);
  return `table: ${rows.map((row) => row.map(text).join(", ")).join(" / ")}`;
}

const read = (passage: string) => readBlocks(passage).map(spoken);

describe("the blocks of a passage", () => {
  it("are headings, paragraphs, lists, quotes, code and tables", () => {
    const passage = [
      "## Opening *hours* ##",
      "The library opens",
      "at nine.",
      "",
      "- on weekdays",
      "  and on Saturdays",
      "2. on holidays",
      "> by the board",
      "```sh",
      "open --now",
      "| no table",
      "```",
      "| Day | From |",
      "|---|--:|",
      "| Sunday | 10 \\| 11 |",
      "Title",
      "=====",
    ].join("\n");
    expect(read(passage)).toEqual([
      "heading: Opening hours",
      "paragraph: The library opens at nine.",
      "item: on weekdays and on Saturdays",
      "item: on holidays",
      "quote: by the board",
      "code: shopen --now\n| no table",
      "table: Day, From / Sunday, 10 | 11",
      "heading: Title",
    ]);
  });

  it("are rows without a head when a passage begins within a table", () => {
    expect(read("| Sunday | 10 |\n| Monday | 9 |")).toEqual(["table: Sunday, 10 / Monday, 9"]);
  });

  it("take HTML as text, and decode what stands for a character", () => {
    const passage = `<script>alert(1)</script> <img src=x onerror="alert(2)"> a &lt; b &amp; c<br>d &bogus; &#xd800;`;
    expect(read(passage)).toEqual([
      `paragraph: <script>alert(1)</script> <img src=x onerror="alert(2)"> a < b & c\nd &bogus; &#xd800;`,
    ]);
  });

  it("show where a link leads, and lead nowhere", () => {
    const [block] = readBlocks("See [the **rules**](javascript:alert(1)) and ![plan](plan.png).");
    expect(textsOf(block).flat()).toEqual([
      { text: "See ", start: 0, end: 4 },
      { text: "the ", start: 5, end: 9 },
      { text: "rules", start: 11, end: 16, isStrong: true },
      { text: "javascript:alert(1)", start: 20, end: 39, isTarget: true },
      { text: " and ", start: 40, end: 45 },
      { text: "plan", start: 47, end: 51 },
      { text: "plan.png", start: 53, end: 61, isTarget: true },
      { text: ".", start: 62, end: 63 },
    ]);
  });

  it("keep marks that emphasise nothing", () => {
    expect(read("2 * 3 * 4, snake_case_name, **open, \\*escaped\\*, ***")).toEqual([
      "paragraph: 2 * 3 * 4, snake_case_name, **open, *escaped*, ***",
    ]);
  });

  it("have the styles of their words", () => {
    const [block] = readBlocks("**strong** _weak_ ***both*** `co*de*`");
    const styles = textsOf(block).flat().filter(({ text }) => text !== " ").map(({ start: _, end: __, ...rest }) =>
      rest
    );
    expect(styles).toEqual([
      { text: "strong", isStrong: true },
      { text: "weak", isEmphasised: true },
      { text: "both", isStrong: true, isEmphasised: true },
      { text: "co*de*", isCode: true },
    ]);
  });
});

const pieces = fc.constantFrom(
  ..."a b7 é 漢 \u202e | || --- |---| * ** *** _ ` ``` ~~ [ ]( ) ![ > # - 1. \\ & &amp; <br> <b> \n \n\n".split(" "),
  " ",
  "\t",
);

it("loses no letter of a passage and takes each once, in order, whatever its marks", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }).map((all) => all.join("")), (passage) => {
      let at = 0;
      let skipped = "";
      for (const run of readBlocks(passage).flatMap(textsOf).flat()) {
        expect(run.start).toBeGreaterThanOrEqual(at);
        skipped += passage.slice(at, run.start);
        if (run.text.length === run.end - run.start && !/^\s$/.test(run.text)) {
          expect(run.text).toBe(passage.slice(run.start, run.end));
        }
        at = run.end;
      }
      expect(skipped + passage.slice(at)).not.toMatch(/[\p{L}\p{N}]/u);
    }),
    { numRuns: 2_000 },
  );
});

it("reads a long hostile passage at once", () => {
  const long = ["*a", "**a", "[a](", "`a", "_a ", "| a", "![", "&#1", "<br", "~~a", "***a*"].map((part) =>
    part.repeat(20_000)
  );
  const started = performance.now();
  for (const passage of long) expect(readBlocks(passage).length).toBeGreaterThan(0);
  expect(performance.now() - started).toBeLessThan(5_000);
});
