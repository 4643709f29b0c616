import { embeddingModel, toVectorLiteral } from "../../_providers/openai.ts";
import type { Sql } from "../../_shared/database.ts";
import { sha256Hex } from "../../_shared/hash.ts";

/** A vector as pgvector writes and reads it: `[0.1,0.2]`. */
export type VectorLiteral = string;

/** What a question excludes, as `pipeline_search.words` and `pipeline_search.phrases` read it. */
const EXCLUDED =
  /(?<!\S)[-−](?:"[^"]*"|[“„][^“”„]*[“”]|«[^«»]*»|「[^「」]*」|『[^『』]*』|[^\s\d]\S*)/gu;

/**
 * A question as it is embedded: what looks the same is the same question, and what it excludes would draw its vector to what
 * is not wanted.
 */
export function normalQuestion(text: string): string {
  const normal = text.normalize("NFKC");
  const wanted = normal.replaceAll(EXCLUDED, " ");
  return (/[^\s]/.test(wanted) ? wanted : normal).trim().replaceAll(
    /\s+/g,
    " ",
  );
}

/** The vector that the question had when the user last asked it; null if it is not known. */
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

/** Keeps the question's vector, and returns it as it will be known from now on, which is less exact. */
export async function keepQuestionVector(
  sql: Sql,
  userId: string,
  question: string,
  vector: Float32Array,
): Promise<VectorLiteral> {
  const key = await keyOf(userId, question);
  const [{ kept }] = await sql<{ kept: VectorLiteral }[]>`
    select pipeline_internal.keep_question_vector(
      ${userId}::uuid, ${embeddingModel}, ${key}, ${
    toVectorLiteral(vector)
  }::extensions.vector(1536))::text as kept`;
  return kept;
}

/** Of the user too, so that nobody can see in the table who asked the same. */
function keyOf(userId: string, question: string): Promise<string> {
  return sha256Hex(JSON.stringify([userId, embeddingModel, question]));
}
