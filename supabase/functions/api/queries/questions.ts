import { toVectorLiteral } from "../../_providers/openai.ts";
import type { Sql } from "../../_shared/database.ts";
import { embeddingModel } from "../../_shared/embedding_model.ts";
import { questionKey } from "../../_shared/question.ts";

/** A vector as pgvector writes and reads it: `[0.1,0.2]`. */
export type VectorLiteral = string;

/** The vector of the question from the last time the user asked it; null if there is none. */
export async function questionVector(
  sql: Sql,
  userId: string,
  question: string,
): Promise<VectorLiteral | null> {
  const key = await questionKey(userId, question);
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
  const key = await questionKey(userId, question);
  const [{ kept }] = await sql<{ kept: VectorLiteral }[]>`
    select pipeline_internal.store_question_vector(
      ${userId}::uuid, ${embeddingModel}, ${key}, ${toVectorLiteral(vector)}::extensions.vector(1536))::text as kept`;
  return kept;
}
