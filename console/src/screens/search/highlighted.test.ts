import fc from "fast-check";
import { expect, it } from "vitest";
import { highlighted } from "./highlighted.ts";
import { readBlocks, textsOf } from "./readable.ts";

const marked = (passage: string, highlights: { start: number; end: number }[]) =>
  readBlocks(passage).flatMap(textsOf).flat().flatMap((run) => highlighted(run, highlights))
    .map(({ text, isMarked }) => isMarked ? `[${text}]` : text).join("");

it("marks words in UTF-16 units, also after an emoji", () => {
  expect(marked("😀 opening hours", [{ start: 3, end: 10 }])).toBe("😀 [opening] hours");
});

it("marks a phrase through emphasis and across cells", () => {
  expect(marked("the **annual** fee", [{ start: 6, end: 18 }])).toBe("the [annual][ fee]");
  const table = "| Fee | Cost |\n|---|---|\n| annual | 30 |";
  expect(marked(table, [{ start: 27, end: 33 }, { start: 36, end: 38 }])).toBe("FeeCost[annual][30]");
});

it("marks an entity as a whole", () => {
  expect(marked("Q&amp;A", [{ start: 0, end: 7 }])).toBe("[Q][&][A]");
  expect(marked("Q&amp;A", [{ start: 3, end: 4 }])).toBe("Q[&]A");
});

it("marks what overlaps once", () => {
  expect(marked("annual fee", [{ start: 4, end: 10 }, { start: 0, end: 6 }])).toBe("[annual fee]");
});

it("keeps the text whatever the highlights", () => {
  const range = fc.record({ start: fc.integer({ min: -5, max: 40 }), end: fc.integer({ min: -5, max: 40 }) });
  fc.assert(fc.property(fc.string({ maxLength: 30 }), fc.array(range), (text, ranges) => {
    const run = { text, start: 3, end: 3 + text.length };
    const pieces = highlighted(run, ranges);
    expect(pieces.map(({ text }) => text).join("")).toBe(text);
    const isCovered = (at: number) => ranges.some(({ start, end }) => start <= at && at < end);
    let at = run.start;
    for (const { text, isMarked } of pieces) for (const _ of text.split("")) expect(isCovered(at++)).toBe(isMarked);
  }));
});
