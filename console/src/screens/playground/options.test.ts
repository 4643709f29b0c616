import { expect, it } from "vitest";
import { optionsIn, searchOf } from "./options.ts";

const ID = "0b0a3f1e-0000-4000-8000-000000000001";
const search = (query: string) => searchOf(optionsIn(new URLSearchParams(query)));

it("searches with the API's defaults when nothing is chosen", () => {
  expect(search("")).toMatchObject({ mode: "hybrid", k: 8, documentIds: null, weightWords: null, chunkId: null });
});

it("reads every option of the address", () => {
  const query =
    `mode=hybrid&k=3&words=0.2&meaning=0.8&min_score=0.1&min_similarity=-0.5&max_per_document=2&language=DE` +
    `&documents=${ID}%0A${ID}&chunk=${ID}`;
  expect(search(query)).toEqual({
    mode: "hybrid",
    k: 3,
    weightWords: 0.2,
    weightMeaning: 0.8,
    minScore: 0.1,
    minSimilarity: -0.5,
    maxPerDocument: 2,
    language: "de",
    documentIds: [ID, ID],
    chunkId: ID,
  });
});

it("leaves out what a mode does not know", () => {
  expect(search("mode=text&min_similarity=0.4&words=1")).toMatchObject({ minSimilarity: null, weightWords: null });
  expect(search("mode=vector&min_similarity=0.4&words=1")).toMatchObject({ minSimilarity: 0.4, weightWords: null });
});

it.each([["k=0", "Results"], ["k=ten", "Results"], ["min_score=2", "Lowest score"], ["documents=x", "document"], [
  "chunk=x",
  "chunk",
]])("refuses %s by its name", (query, name) => {
  expect(() => search(query)).toThrow(name);
});
