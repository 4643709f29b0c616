// Written by npm run generate from a database that the migrations have built. Change those, not this file.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/** The operators' functions: the schema pipeline_console. */
export interface Functions {
  pulse: { Args: Record<never, never>; Returns: string };
  support_users: {
    Args: { p_limit?: number };
    Returns: { user_id: string; email: string | null; granted_at: string; until: string; documents: number }[];
  };
  try_search: {
    Args: {
      p_user_id: string;
      p_question: string;
      p_question_key?: string | null;
      p_mode?: string;
      p_k?: number;
      p_document_ids?: string[] | null;
      p_min_score?: number | null;
      p_min_similarity?: number | null;
      p_max_per_document?: number | null;
      p_weight_words?: number | null;
      p_weight_meaning?: number | null;
      p_language?: string | null;
      p_explain_chunk_id?: string | null;
    };
    Returns: Json;
  };
}
