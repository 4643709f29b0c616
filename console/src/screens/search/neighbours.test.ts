import type { Passage, SearchOptions } from "supabase-document-pipeline-client";
import { expect, it } from "vitest";
import { findNeighbours, type Neighbour } from "./neighbours.ts";

const neighbour = (chunk_ord: number): Neighbour => ({
  chunk_id: `chunk-${chunk_ord}`,
  chunk_ord,
  page: 1,
  heading_path: [],
  content: `Passage ${chunk_ord}`,
});
const passage = (chunk_ord: number, neighbours?: Neighbour[]): Passage => ({
  ...neighbour(chunk_ord),
  document_id: "document",
  filename: "rules.pdf",
  page_from: 1,
  page_to: 1,
  highlights: [],
  score: 0.5,
  similarity: null,
  text_score: null,
  vector_rank: null,
  text_rank: null,
  neighbours,
});

function pipelineWith(passages: Passage[]) {
  const asked: unknown[] = [];
  return {
    asked,
    async *passages(query: string, options?: SearchOptions) {
      asked.push({ query, ...options });
      yield* passages;
    },
  };
}

const question = { query: "fees", options: { k: 8, mode: "text" as const, maxPerDocument: 1, documentIds: ["other"] } };

it("asks the same question of the passage's document, with neighbours", async () => {
  const pipeline = pipelineWith([passage(9), passage(4, [3, 5, 2, 6].map(neighbour))]);
  const found = await findNeighbours(pipeline, question, { passage: passage(4), rank: 2 });
  expect(found?.before.map(({ chunk_ord }) => chunk_ord)).toEqual([2, 3]);
  expect(found?.after.map(({ chunk_ord }) => chunk_ord)).toEqual([5, 6]);
  expect(pipeline.asked).toEqual([
    { query: "fees", mode: "text", documentIds: ["document"], expand: 2, k: 5, signal: undefined },
  ]);
});

it("has none when the document no longer has the passage", async () => {
  expect(await findNeighbours(pipelineWith([passage(9)]), question, { passage: passage(4), rank: 60 })).toBeNull();
});
