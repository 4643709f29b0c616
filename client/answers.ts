/** What the API answers, field by field as it sends them. The OpenAPI document says more. */
export interface DocumentStatus {
  document_id: string;
  /** At most 120 characters. */
  filename: string;
  /** As the user named it, for display. */
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
  /** The reference that was sent with it. */
  policy_id?: string;
  next_attempt_at?: string;
  /** Among one's own documents that wait in line; 1 is next. */
  queue_position?: number;
  waiting_for?: string;
  last_error?: { code: string; message: string; reference?: string };
  /** What is missing of its text; empty if nothing is. */
  warnings: Warning[];
  /** As the document calls itself, if it does. */
  title?: string;
}

/** What a complete document's owner should know. */
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

/** What is read again. */
export interface Reparse {
  document_id: string;
  job_id: string;
  status: string;
  /** Null for all of them. */
  pages: number[] | null;
}

/** A part of a passage's content, in UTF-16 units as strings count them: `content.slice(start, end)`. */
export interface Highlight {
  start: number;
  end: number;
}

export interface Passage {
  chunk_id: string;
  document_id: string;
  filename: string;
  /** Of the passage that matched; null if the parser named no pages. */
  page: number | null;
  page_from: number | null;
  page_to: number | null;
  heading_path: string[];
  content: string;
  /** Where the question's words are; empty if only the meaning fits. */
  highlights: Highlight[];
  /** 0 to 1: near 0 what has nothing to do with the question, near 1 what says it word for word. */
  score: number;
  /** The cosine of its vector and the question's; null if meaning was not compared. */
  similarity: number | null;
  /** How much of the question's words it has, 0 to 1; null if words were not compared. */
  text_score: number | null;
  /** Its place by meaning, and by words. */
  vector_rank: number | null;
  text_rank: number | null;
  /** Its place in its document, from 0. */
  chunk_ord: number;
  /** Where the same text is found again. */
  duplicates?: {
    chunk_id: string;
    document_id: string;
    filename: string;
    page: number | null;
  }[];
  /** What is before and after it in its document, if `expand` was asked for. */
  neighbours?: {
    chunk_id: string;
    chunk_ord: number;
    page: number | null;
    heading_path: string[];
    content: string;
  }[];
  /** How it came by its score, if `explain` was asked for. */
  explanation?: Explanation;
}

/** What a passage's score is made of. Scores are 0 to 1, and null where that was not compared. */
export interface Explanation {
  words: {
    score: number | null;
    rank: number | null;
    weight: number;
    terms: {
      word: string;
      /** Whether it raises what has it, must be there, or must not. */
      role: "wanted" | "required" | "excluded";
      /** How many of one's passages have it: the fewer, the more it weighs. */
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

/** What was done with a question beside what it says. */
export interface SearchNotice {
  /**
   * `SPELLING_CORRECTED` (`word`, `taken_for`), `WORDS_LEFT_OUT` (`words`), `COMMON_WORDS_ONLY`,
   * `MIN_SIMILARITY_NOT_APPLIED` or `WEIGHTS_NOT_APPLIED`.
   */
  code: string;
  message: string;
  /** Of `SPELLING_CORRECTED`: what was written, and what was searched. */
  word?: string;
  taken_for?: string;
  /** Of `WORDS_LEFT_OUT`. */
  words?: string[];
}

export type SearchMode = "hybrid" | "vector" | "text";

export interface SearchAnswer {
  query: string;
  /** How the search was done in the end. */
  mode: SearchMode;
  /** True if the question could not be embedded just now, so that only words were compared. */
  degraded?: boolean;
  results: Passage[];
  /** For the next page; null on the last one. */
  next_cursor: string | null;
  notices: SearchNotice[];
  /** Why the chunk that `explain` names was or was not found. */
  explained?: {
    chunk_id: string;
    /** Whether it is on this page. */
    found: boolean;
    /** `FOUND`, `OTHER_PAGE`, `NO_SUCH_CHUNK`, `NO_WORD_FOUND`, `EXCLUDED_WORD`, `BELOW_MIN_SCORE`, … */
    reason: string;
    message: string;
    score?: number | null;
    /** Among all that is found, from 1. */
    place?: number | null;
    /** The passage that is shown in its place. */
    same_as?: string;
    explanation?: Explanation;
  };
  took_ms: number;
}

/** A row of the view `upload_pipeline.document_status`, as far as the API tells it. */
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

/** What the status route would answer for this row. */
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

/** The Data API writes times to the microsecond and with an offset; ours are in UTC and milliseconds. */
function instant(text: string): string {
  return new Date(text).toISOString();
}
