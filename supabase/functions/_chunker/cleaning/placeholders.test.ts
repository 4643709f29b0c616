import { expect, it } from "vitest";
import { removePlaceholders } from "./placeholders.ts";

it.each([
  "NO_CONTENT_HERE",
  "**NO_CONTENT_HERE**",
  "[NO_TEXT_FOUND]",
  "No content here.",
  "This page intentionally left blank",
  "(This page is intentionally left blank.)",
  "Diese Seite bleibt absichtlich leer.",
  "Cette page est laissée intentionnellement vide",
  "[Blank page]",
])("removes %s", (line) => {
  expect(removePlaceholders(`A\n${line}\nB`)).toBe("A\nB");
});

it.each([
  "The parser writes NO_CONTENT_HERE where a page is empty.",
  "No content",
  "`NO_CONTENT_HERE` is what it says, here.",
  "Leave the page blank",
  "Blank pages are counted.",
])("keeps %s", (line) => {
  expect(removePlaceholders(`A\n${line}\nB`)).toBe(`A\n${line}\nB`);
});
