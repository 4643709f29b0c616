/** The API's responses, with the field names that it sends. The OpenAPI document describes them in full. */
export interface DocumentStatus {
  document_id: string;
  /** At most 120 characters. */
  filename: string;
  /** The name that the user gave, for display. */
  filename_full: string;
  /** `awaiting_upload` … `complete`, or `failed_parse`, `failed_chunking`, `failed_embedding`, `expired`. */
  status: string;
  /** `queued`, `working`, `retryable`, `done` or `deadletter`. */
  state: string;
  /** Per cent, 0 to 100. */
  progress: { stage_pct: number; total_pct: number };
  created_at: string;
  updated_at: string;
  bytes_len: number;
  mime: string;
  /** The reference that was sent with the document. */
  policy_id?: string;
  next_attempt_at?: string;
  /** The position in the user queue; 1 is next. */
  queue_position?: number;
  waiting_for?: string;
  last_error?: { code: string; message: string; reference?: string };
  /** Warnings about missing text; empty if none is missing. */
  warnings: Warning[];
  /** The title in the document itself, if it has one. */
  title?: string;
}

/** A warning of a complete document. */
export interface Warning {
  /** `PAGES_UNREAD`, `PAGES_EMPTY` or `PAGES_CUT`. */
  code: string;
  message: string;
  /** Numbers from 1, ascending. */
  pages?: number[];
}

export interface DocumentPage {
  documents: DocumentStatus[];
  next_cursor: string | null;
}

/** An accepted reparse. */
export interface Reparse {
  document_id: string;
  job_id: string;
  status: string;
  /** The pages that are parsed again; null for all of them. */
  pages: number[] | null;
}

/** A range of a passage's content, in UTF-16 units as strings count them: `content.slice(start, end)`. */
export interface Highlight {
  start: number;
  end: number;
}

export interface Passage {
  chunk_id: string;
  document_id: string;
  filename: string;
  /**
   * The page of the passage that matched; null if the parser numbered no pages.
   */
  page: number | null;
  page_from: number | null;
  page_to: number | null;
  heading_path: string[];
  content: string;
  /** The ranges of the question's words; empty if only the meaning matches. */
  highlights: Highlight[];
  /**
   * Relevance, 0 to 1: near 0 for a passage that has nothing to do with the question, near 1 for one that contains it
   * word for word.
   */
  score: number;
  /** The cosine of the passage's vector and the question's; null if meaning was not compared. */
  similarity: number | null;
  /** The share of the question's words in the passage, 0 to 1; null if words were not compared. */
  text_score: number | null;
  /** Its rank by meaning, and by words. */
  vector_rank: number | null;
  text_rank: number | null;
  /** Its position in the document, from 0. */
  chunk_ord: number;
  /** Other places of the same text. */
  duplicates?: {
    chunk_id: string;
    document_id: string;
    filename: string;
    page: number | null;
  }[];
  /** The passages before and after it in its document, if `expand` was requested. */
  neighbours?: {
    chunk_id: string;
    chunk_ord: number;
    page: number | null;
    heading_path: string[];
    content: string;
  }[];
  /** How the score was computed, if `explain` was requested. */
  explanation?: Explanation;
}

/** The components of a passage's score. Scores are 0 to 1, and null if they were not compared. */
export interface Explanation {
  words: {
    score: number | null;
    rank: number | null;
    weight: number;
    terms: {
      word: string;
      /** Whether the word raises the score, must be there, or must not. */
      role: "wanted" | "required" | "excluded";
      /** How many of the user's passages contain the word; rarer words weigh more. */
      chunk_count?: number;
      weight?: number;
      taken_for?: string;
      found: "exactly" | "in part" | "no";
    }[];
  };
  meaning: {
    score: number | null;
    similarity: number | null;
    rank: number | null;
    weight: number;
  };
}

/** A notice of how a question was interpreted. */
export interface SearchNotice {
  /**
   * `SPELLING_CORRECTED` (`word`, `taken_for`), `WORDS_LEFT_OUT` (`words`), `COMMON_WORDS_ONLY`,
   * `MIN_SIMILARITY_NOT_APPLIED` or `WEIGHTS_NOT_APPLIED`.
   */
  code: string;
  message: string;
  /** For `SPELLING_CORRECTED`: the word that was written, and the one that was searched. */
  word?: string;
  taken_for?: string;
  /** For `WORDS_LEFT_OUT`. */
  words?: string[];
}

export type SearchMode = "hybrid" | "vector" | "text";

export interface SearchAnswer {
  query: string;
  /** The mode in which the search was actually done. */
  mode: SearchMode;
  /** True if the question could not be embedded, so that only words were compared. */
  degraded?: boolean;
  results: Passage[];
  /** For the next page; null on the last one. */
  next_cursor: string | null;
  notices: SearchNotice[];
  /**
   * Why the search found, or did not find, the passage that `explain` names.
   */
  explained?: {
    chunk_id: string;
    /** Whether the passage is on this page. */
    found: boolean;
    /** `FOUND`, `OTHER_PAGE`, `NO_SUCH_CHUNK`, `NO_WORD_FOUND`, `EXCLUDED_WORD`, `BELOW_MIN_SCORE`, … */
    reason: string;
    message: string;
    score?: number | null;
    /** The rank among all results, from 1. */
    place?: number | null;
    /** The passage with the same text that is shown instead. */
    same_as?: string;
    explanation?: Explanation;
  };
  took_ms: number;
}

/** A row of the view `upload_pipeline.document_status`, with the columns that the API returns. */
export interface StatusRow {
  document_id: string;
  filename: string;
  filename_full: string;
  status: string;
  state: string;
  stage_pct: number;
  total_pct: number;
  created_at: string;
  updated_at: string;
  bytes_len: number;
  mime: string;
  policy_id: string | null;
  next_attempt_at: string | null;
  queue_position: number | null;
  waiting_for: string | null;
  last_error: { code: string; message: string; reference?: string } | null;
  warnings: Warning[];
  title: string | null;
}

export const STATUS_COLUMNS =
  "document_id, filename, filename_full, status, state, stage_pct, total_pct, created_at, updated_at, bytes_len, mime, " +
  "policy_id, next_attempt_at, queue_position, waiting_for, last_error, warnings, title";

/** The status route's response for this row. */
export function statusOf(row: StatusRow): DocumentStatus {
  const { stage_pct, total_pct, last_error, ...rest } = row;
  const {
    policy_id,
    next_attempt_at,
    queue_position,
    waiting_for,
    title,
    ...always
  } = rest;
  return {
    ...always,
    progress: { stage_pct, total_pct },
    created_at: instant(row.created_at),
    updated_at: instant(row.updated_at),
    ...(policy_id !== null && { policy_id }),
    ...(next_attempt_at && { next_attempt_at: instant(next_attempt_at) }),
    ...(queue_position && { queue_position }),
    ...(waiting_for && { waiting_for }),
    ...(last_error && {
      last_error: {
        ...last_error,
        message: last_error.reference
          ? `${last_error.message} (Reference: ${last_error.reference})`
          : last_error.message,
      },
    }),
    ...(title && { title }),
  };
}

/** The Data API writes times to the microsecond and with an offset; the API's are in UTC and milliseconds. */
function instant(text: string): string {
  return new Date(text).toISOString();
}
