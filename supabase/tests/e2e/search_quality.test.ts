import { beforeAll, describe, expect, it } from "vitest";
import { createPipelineClient } from "../../../client/pipeline_client.ts";
import {
  askAll,
  type Outcome,
  uploadAll,
} from "../../../scripts/proof/eval/ask.ts";
import { givePages } from "../../../scripts/proof/eval/given_pages.ts";
import { unmetGoals } from "../../../scripts/proof/eval/goals.ts";
import { ownDocuments } from "../../../scripts/proof/eval/own_documents.ts";
import type { Mode } from "../../../scripts/proof/eval/question.ts";
import { atRest, connect, createUser, llamaparse, openai } from "./harness.ts";

/** The modes that have goals. By vectors alone finds what hybrid search finds by them. */
const JUDGED: Mode[] = ["text", "hybrid"];

/** What `npm run eval -- --quick` measures. The goals are numbers in scripts/proof/eval/goals.ts. */
describe("search among documents in seven languages", () => {
  let outcomes: Outcome[];
  beforeAll(async () => {
    const sql = connect();
    await atRest(sql);
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

  it("names the page on which the answer stands", () => {
    const wrong = outcomes.filter(({ wrongPages }) => wrongPages > 0)
      .map(({ question, mode }) => `${mode}: ${question.query}`);
    expect(wrong).toEqual([]);
  });
});
