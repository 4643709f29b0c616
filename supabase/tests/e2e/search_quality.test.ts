import { beforeAll, describe, expect, it } from "vitest";
import { createPipelineClient } from "../../../client/src/index.ts";
import { askAll, type Outcome, uploadAll } from "../../../scripts/proof/eval/ask.ts";
import { givePages } from "../../../scripts/proof/eval/given_pages.ts";
import { unmetGoals } from "../../../scripts/proof/eval/goals.ts";
import { ownDocuments } from "../../../scripts/proof/eval/own_documents.ts";
import type { Mode } from "../../../scripts/proof/eval/question.ts";
import { connect, createUser, llamaparse, openai, waitUntilIdle } from "./harness.ts";

/** The modes with goals. Vector search alone finds what hybrid search finds by vectors. */
const JUDGED: Mode[] = ["text", "hybrid"];

/** The measurement of `npm run eval -- --quick`. The goals are in scripts/proof/eval/goals.ts. */
describe("search among documents in seven languages", () => {
  let outcomes: Outcome[];
  beforeAll(async () => {
    const sql = connect();
    await waitUntilIdle(sql);
    await sql.end();
    await llamaparse.reset();
    await openai.reset();
    const { documents, questions } = await ownDocuments();
    await givePages(llamaparse, documents);
    const { client } = await createUser();
    const pipeline = createPipelineClient(client);
    const ids = await uploadAll(pipeline, documents);
    outcomes = await askAll(pipeline, questions, JUDGED, ids);
  });

  it("reaches its goals", () => {
    expect(unmetGoals(outcomes, { isComplete: true })).toEqual([]);
  });

  it("names the page of the answer", () => {
    const wrong = outcomes.filter(({ wrongPages }) => wrongPages > 0)
      .map(({ question, mode }) => `${mode}: ${question.query}`);
    expect(wrong).toEqual([]);
  });
});
