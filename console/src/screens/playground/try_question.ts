import { type ExplainedPassage, type Passage, type SearchNotice } from "supabase-document-pipeline-client";
import { normalQuestion, questionKey } from "../../../../supabase/functions/_shared/question.ts";
import { callOperator } from "../../operator.ts";
import { pipeline } from "../../pipeline.ts";
import type { Mode, Search } from "./options.ts";

/** What `try_search` answers. */
interface Found {
  results: Passage[];
  next: unknown;
  notices: SearchNotice[];
  explained: ExplainedPassage | null;
  timings: { search_ms: number; vector_ms?: number; text_ms?: number };
}

export interface Tried extends Found {
  /** `text` where meaning could not be compared. */
  mode: Mode;
  isDegraded: boolean;
  /** Of the operator's own search, which embeds the question; null with mode `text`. */
  askedMs: number | null;
  /** Of the user's search, with the way to the database and back. */
  triedMs: number;
}

/**
 * Tries a question on a user's documents. The operator asks it first: that embeds it, and leaves its vector with the
 * operator, where `try_search` finds it.
 */
export async function tryQuestion(
  { userId, operatorId, question, search }: {
    userId: string;
    operatorId: string;
    question: string;
    search: Search;
  },
): Promise<Tried> {
  let mode = search.mode;
  let key: string | null = null;
  let askedMs: number | null = null;
  let asked = question.trim();
  if (mode !== "text") {
    const started = performance.now();
    const answer = await pipeline().search(asked, { mode, k: 1 });
    askedMs = performance.now() - started;
    asked = answer.query;
    if (answer.mode === "text") mode = "text";
    else key = await questionKey(operatorId, normalQuestion(asked));
  }
  const started = performance.now();
  const found = await callOperator("try_search", {
    p_user_id: userId,
    p_question: asked,
    p_question_key: key,
    p_mode: mode,
    p_k: search.k,
    p_document_ids: search.documentIds,
    p_min_score: search.minScore,
    p_min_similarity: mode === "text" ? null : search.minSimilarity,
    p_max_per_document: search.maxPerDocument,
    p_weight_words: mode === "hybrid" ? search.weightWords : null,
    p_weight_meaning: mode === "hybrid" ? search.weightMeaning : null,
    p_language: search.language,
    p_explain_chunk_id: search.chunkId,
  });
  return {
    ...found as unknown as Found,
    mode,
    isDegraded: mode !== search.mode,
    askedMs,
    triedMs: performance.now() - started,
  };
}
