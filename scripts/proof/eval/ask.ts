import type { Passage, PipelineClient } from "../../../client/src/index.ts";
import type { EvalDocument, Mode, Question } from "./question.ts";

/** The number of passages per search. */
export const K = 10;

/** The outcome of a question in one mode. */
export interface Outcome {
  question: Question;
  mode: Mode;
  /** Of the first passage with the answer, from 1; passages of equal score share the mean of their ranks. */
  rank: number | null;
  /** Passages with the answer, and those of them that name another page. */
  answered: number;
  wrongPages: number;
  ms: number;
  /** The hits for display, best first. */
  got: string[];
}

/** Uploads documents as one user, and waits until each is searchable. Resolves to their ids by name. */
export async function uploadAll(
  client: PipelineClient,
  documents: readonly EvalDocument[],
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const { name, filename, bytes } of documents) {
    const { documentId } = await client.upload(bytes, {
      filename,
      mime: "application/pdf",
      signal,
    });
    ids.set(name, documentId);
  }
  for (const documentId of ids.values()) {
    await client.waitUntilComplete(documentId, { signal });
  }
  return ids;
}

/**
 * Searches for one question after another, among all documents of the user.
 * @param ids of the documents by name
 * @throws if a search ran in another mode than requested, because its result would not measure that mode
 */
export async function askAll(
  client: PipelineClient,
  questions: readonly Question[],
  modes: readonly Mode[],
  ids: ReadonlyMap<string, string>,
  signal?: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const question of questions) {
    for (const mode of modes) {
      const began = performance.now();
      const answer = await client.search(question.query, {
        k: K,
        mode,
        signal,
      }).catch((error) => {
        throw new Error(`${mode}, ${question.query}: ${error.message}`, {
          cause: error,
        });
      });
      const ms = performance.now() - began;
      if (answer.mode !== mode) {
        throw new Error(
          `asked in mode ${mode}, answered in ${answer.mode}: ${question.query}`,
        );
      }
      outcomes.push({
        ...judge(question, answer.results, ids.get(question.document)),
        question,
        mode,
        ms,
      });
    }
  }
  return outcomes;
}

/** @param documentId of the document with the answer */
export function judge(
  question: Question,
  results: readonly Pick<
    Passage,
    | "document_id"
    | "filename"
    | "page"
    | "heading_path"
    | "content"
    | "score"
  >[],
  documentId: string | undefined,
): Pick<Outcome, "rank" | "answered" | "wrongPages" | "got"> {
  const hits = results.slice(0, K);
  const answering = hits.map((hit) => hit.document_id === documentId && question.isAnswered(hit.content));
  const first = answering.indexOf(true);
  const right = hits.filter((_, index) => answering[index]);
  return {
    rank: first < 0 ? null : rankOf(hits, first),
    answered: right.length,
    wrongPages: right.filter(({ page }) => page === null || !question.pages.includes(page)).length,
    got: hits.map(({ filename, page, heading_path, content }, index) =>
      `${answering[index] ? "*" : " "} ${filename} p. ${page ?? "?"} ${heading_path.at(-1) ?? ""}: ${
        content.replace(/\s+/g, " ").slice(0, 70)
      }`
    ),
  };
}

/** The order of passages of equal score is random, and must not make runs differ. */
function rankOf(
  hits: readonly Pick<Passage, "score">[],
  index: number,
): number {
  const { score } = hits[index];
  const from = hits.findIndex((hit) => hit.score === score);
  const to = hits.findLastIndex((hit) => hit.score === score);
  return (from + to) / 2 + 1;
}
