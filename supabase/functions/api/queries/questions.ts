import { embeddingModel, toVectorLiteral } from "../../_providers/openai.ts";
import type { Sql } from "../../_shared/database.ts";
import { sha256Hex } from "../../_shared/hash.ts";

/** A vector as pgvector writes and reads it: `[0.1,0.2]`. */
export type VectorLiteral = string;

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

/** The vector of the question from the last time the user asked it; null if there is none. */
export async function questionVector(
  sql: Sql,
  userId: string,
  question: string,
): Promise<VectorLiteral | null> {
  const key = await keyOf(userId, question);
  const [{ vector }] = await sql<{ vector: VectorLiteral | null }[]>`
    select pipeline_internal.question_vector(${userId}::uuid, ${embeddingModel}, ${key})::text as vector`;
  return vector;
}

/**
 * Stores the question's vector, and returns it as stored, which is less exact.
 */
export async function keepQuestionVector(
  sql: Sql,
  userId: string,
  question: string,
  vector: Float32Array,
): Promise<VectorLiteral> {
  const key = await keyOf(userId, question);
  const [{ kept }] = await sql<{ kept: VectorLiteral }[]>`
    select pipeline_internal.store_question_vector(
      ${userId}::uuid, ${embeddingModel}, ${key}, ${toVectorLiteral(vector)}::extensions.vector(1536))::text as kept`;
  return kept;
}

/** Keyed by the user too, so that the table does not show who asked the same question. */
function keyOf(userId: string, question: string): Promise<string> {
  return sha256Hex(JSON.stringify([userId, embeddingModel, question]));
}
