import { embeddingModel } from "./embedding_model.ts";
import { sha256Hex } from "./hash.ts";

/** The excluded words and phrases of a question, as `pipeline_search.words` and `pipeline_search.phrases` read them. */
const EXCLUDED = /(?<!\S)[-−](?:"[^"]*"|[“„][^“”„]*[“”]|«[^«»]*»|「[^「」]*」|『[^『』]*』|[^\s\d]\S*)/gu;

/**
 * The text of a question that is embedded: questions that look the same are the same, and excluded words are removed,
 * since they would draw the vector towards what is not wanted.
 */
export function normalQuestion(text: string): string {
  const normal = text.normalize("NFKC");
  const wanted = normal.replaceAll(EXCLUDED, " ");
  return (/[^\s]/.test(wanted) ? wanted : normal).trim().replaceAll(
    /\s+/g,
    " ",
  );
}

/**
 * The key of a question's cached vector. Made of the user too, so that the table does not show who asked the same
 * question. The console's playground makes it too.
 * @param question a `normalQuestion`
 */
export function questionKey(userId: string, question: string): Promise<string> {
  return sha256Hex(JSON.stringify([userId, embeddingModel, question]));
}
