import { expect, it } from "vitest";
import { headingEchoes } from "./heading_echoes.ts";
import { edgeLines } from "./page_edges.ts";

function echoes(pages: string[]): string[] {
  const lines = pages.map((page) => page.split("\n"));
  return headingEchoes(lines.flatMap(edgeLines), lines).map(({ text }) => text);
}

const chapter = "# Choosing a distribution\n\n## 3.1 Which one is right?\n\nText.";

it("finds the lines at pages' tops that repeat headings of other pages", () => {
  const running = [
    "CHAPTER 3. CHOOSING A DISTRIBUTION 3.1. WHICH ONE …",
    "3.1. WHICH ONE IS …",
    "Kapitel 3. Choosing a …",
  ];
  expect(echoes([chapter, ...running.map((line) => `${line}\n\nMore.`)]))
    .toEqual(running);
});

it.each([
  ["twice only", [
    "CHOOSING A DISTRIBUTION",
    "CHOOSING A DISTRIBUTION",
    "Other",
  ]],
  ["in words of their own", ["Choosing well", "Which of them", "Right ones"]],
  ["in a word that begins many", ["Which", "Which", "Which"]],
  ["as headings", [
    "# Choosing a distribution",
    "# Choosing a distribution",
    "# Choosing a distribution",
  ]],
])("finds none %s", (_, lines) => {
  expect(echoes([chapter, ...lines.map((line) => `${line}\n\nMore.`)])).toEqual(
    [],
  );
});
