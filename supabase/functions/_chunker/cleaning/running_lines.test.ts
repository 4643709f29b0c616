import { describe, expect, it } from "vitest";
import { removeRunningLines } from "./running_lines.ts";

const clean = (pages: string[]) => removeRunningLines(pages, { keepsHeadings: true }).map((page) => page.trim());
const bodies = [
  "Apples are red.",
  "Pears are green.",
  "Plums are blue.",
  "Figs are brown.",
  "Nuts are hard.",
];
const around = (line: (page: number) => string) =>
  bodies.flatMap((body, i) => [
    `${line(i + 1)}\n\n${body}\n`,
  ]);
const below = (line: (page: number) => string) => bodies.map((body, i) => `${body}\n\n${line(i + 1)}`);

describe("removes running lines", () => {
  it.each<[string, (page: number) => string]>([
    ["the same", () => "ACME Handbook"],
    [
      "emphasised here and there",
      (page) => page % 2 ? "*ACME Handbook*" : "ACME  Handbook",
    ],
    ["with the page's number", (page) => `ACME Handbook ${page + 12}`],
    ["with the page's number in front", (page) => `${page} | ACME Handbook`],
    ["numbers", (page) => `- ${page + 3} -`],
    ["Roman numbers", (page) => ["xi", "xii", "xiii", "xiv", "xv"][page - 1]],
    ["numbers of so many", (page) => `${page} / 5`],
    ["page N of M", (page) => `Page ${page} of 5`],
    ["Seite N von M", (page) => `**Seite ${page} von 5**`],
    ["page numbers in Japanese", (page) => `${page}ページ`],
    ["a copyright", () => "© 2026 ACME Ltd. All rights reserved."],
    ["continued", () => "(continued on next page)"],
    ["two at once", (page) => `ACME Ltd\n\n${page}`],
  ])("%s", (_, line) => {
    expect(clean(around(line))).toEqual(bodies);
    expect(clean(below(line))).toEqual(bodies);
  });

  it("of two kinds on pages left and right", () => {
    const pages = Array.from(
      { length: 9 },
      (_, i) => `Body ${i}.\n\n${i % 2 ? "ACME Handbook" : "Fruit and nuts"}`,
    );
    expect(clean(pages)).toEqual(pages.map((_, i) => `Body ${i}.`));
  });

  it("in a chapter of four pages among many", () => {
    const pages = Array.from(
      { length: 20 },
      (_, i) => i < 4 ? `Fruit and nuts\n\nBody ${i}.` : `Body ${i}.`,
    );
    expect(clean(pages)[2]).toBe("Body 2.");
  });

  it("but keeps a heading at its first place", () => {
    expect(clean(around(() => "# ACME Handbook"))).toEqual([
      `# ACME Handbook\n\n${bodies[0]}`,
      ...bodies.slice(1),
    ]);
  });
});

describe("keeps repeated text", () => {
  it.each<[string, (page: number) => string]>([
    ["numbered headings", (page) => `# Chapter ${page}`],
    ["sentences", () => "The committee agreed."],
    ["table headers", () => "| Item | Price |\n|---|---|\n| Apple | 3 |"],
    ["list items", () => "- apples"],
    ["labels", () => "Name:"],
    ["sums", (page) => `Total ${page * 37}`],
    ["years", (page) => `${1980 + page * 7}`],
    [
      "the only line below a heading",
      (page) => `# Ticket ${page}\n\nrefund policy`,
    ],
  ])("%s", (_, line) => {
    const pages = below(line).map((page) => page.trim());
    expect(clean(pages)).toEqual(pages);
  });

  it("a numbered title", () => {
    const pages = around((page) => `Lesson ${page}`).map((page) => page.trim());
    expect(clean(pages)).toEqual(pages);
  });

  it("a line on two of many pages", () => {
    const pages = ["ACME\n\nA.", "B.", "ACME\n\nC.", "D.", "E."];
    expect(clean(pages)).toEqual(pages);
  });

  it("a line within the page", () => {
    const pages = bodies.map((body, i) =>
      `One ${i}a.\n\nTwo ${i}b.\n\nThree ${i}c.\n\nFour ${i}d.\n\nACME\n\n${body}\n\nFive ${i}e.\n\nSix ${i}f.\n\nSeven ${i}g.\n\nEight ${i}h.`
    );
    expect(clean(pages)).toEqual(pages);
  });

  it("code", () => {
    const pages = bodies.map((body) => `\`\`\`\nmake all\n\`\`\`\n\n${body}`);
    expect(clean(pages)).toEqual(pages);
  });
});
