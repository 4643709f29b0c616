// Written by npm run generate from the API's OpenAPI document. Change the schemas of the API, not this file.
import type {
  ApiCode,
  FailureCode,
  NoticeCode,
  SearchMode,
  SearchReason,
  State,
  Status,
  WaitingCode,
  WarningCode,
} from "./vocabulary.ts";

export interface Batch {
  documents: BatchResult[];
}

export type BatchResult = {
  job_id: string;
  document_id: string;
  /** Where to PUT the bytes; null if they came with the request. */
  signed_url: string | null;
  upload_expires_at: string;
  index: number;
  ok: true;
} | {
  index: number;
  ok: false;
  error: {
    code: ApiCode;
    message: string;
    details?: unknown;
  };
};

export interface Consent {
  consent_version: string;
  /** The server's time. */
  consented_at: string;
}

export interface DocumentStatus {
  document_id: string;
  /** For `POST /api/jobs/{job_id}/retry`. */
  job_id: string;
  /** At most 120 characters. */
  filename: string;
  /** The name that the user gave, for display. */
  filename_full: string;
  status: Status;
  state: State;
  progress: {
    stage_pct: number;
    total_pct: number;
  };
  created_at: string;
  updated_at: string;
  bytes_len: number;
  mime: string;
  /** The reference that was sent with the document. */
  policy_id?: string;
  next_attempt_at?: string;
  /** The position in the user queue; 1 is next. */
  queue_position?: number;
  /** The code of the reason why it waits, if not for a worker. */
  waiting_for?: WaitingCode;
  last_error?: LastError;
  /**
   * Parts of a complete document whose text is missing; empty if none is. PAGES_UNREAD: the parser failed on
   * these pages; PAGES_EMPTY: it found no text on them; PAGES_CUT: they have more text than it returns.
   */
  warnings: Warning[];
  /** The title in the document itself, if it has one. */
  title?: string;
}

export interface DocumentPage {
  documents: DocumentStatus[];
  next_cursor: string | null;
}

export interface Download {
  url: string;
  expires_at: string;
}

export interface DuplicateDocument {
  error: {
    code: ApiCode;
    message: string;
    request_id: string;
    details?: unknown;
  };
  error_type: "duplicate_document" | "document_refused";
  message: string;
  document_id: string;
  document_title: string;
  last_uploaded: string;
}

export interface DuplicatePassage {
  chunk_id: string;
  document_id: string;
  filename: string;
  page: number | null;
}

/** Why the search found, or did not find, the passage that `explain` names. */
export interface ExplainedPassage {
  chunk_id: string;
  /** Whether the passage is on this page. */
  found: boolean;
  /**
   * BELOW_MIN_SCORE: its score is below `min_score`; BELOW_MIN_SIMILARITY: its similarity is below
   * `min_similarity`; DUPLICATE: it has the same text as another passage, which is returned instead;
   * EXCLUDED_WORD: it contains a word that the question excludes; FOUND: it is on this page;
   * MAX_PER_DOCUMENT: its document has `max_per_document` better passages; NO_SUCH_CHUNK: the user has no
   * passage with this id; NO_WORD_FOUND: it contains none of the words; OTHER_DOCUMENT: its document is not
   * one of `document_ids`; OTHER_PAGE: it is on another page of the results; OUTRANKED: other passages rank
   * higher; PHRASE_MISSING: it does not contain the phrase in quotes.
   */
  reason: SearchReason;
  message: string;
  score?: number | null;
  /** The rank among all results, from 1. */
  place?: number | null;
  /** The passage with the same text that is shown instead. */
  same_as?: string;
  explanation?: Explanation;
}

export type ExportLine = {
  type: "account";
  user: User;
  consent: Consent | null;
  exported_at: string;
} | {
  type: "row";
  /**
   * audit_log, operator_acts, charges, costs, budgets, reservations, idempotency_keys, questions,
   * live_events, rate_limits, webhooks or sessions.
   */
  table: string;
  data: {
    [further: string]: unknown;
  };
} | {
  type: "document";
  document_id: string;
  filename: string;
  filename_full: string;
  policy_id: string | null;
  mime: string;
  bytes_len: number;
  file_sha256: string;
  page_count: number | null;
  title: string | null;
  language: string | null;
  /**
   * Parts of a complete document whose text is missing; empty if none is. PAGES_UNREAD: the parser failed on
   * these pages; PAGES_EMPTY: it found no text on them; PAGES_CUT: they have more text than it returns.
   */
  warnings: Warning[];
  created_at: string;
  updated_at: string;
  job: {
    job_id: string;
    status: Status;
    state: State;
    retry_count: number;
    ocr: boolean;
    last_error: LastError | null;
    created_at: string;
    updated_at: string;
  };
  /** Links; null where there is no file. */
  files: {
    original: string | null;
    markdown: string | null;
    expires_at: string;
  };
} | {
  type: "event";
  document_id: string;
  event_id: string;
  event: string;
  status: string;
  stage: string | null;
  code: string | null;
  message: string | null;
  attempt: number | null;
  created_at: string;
} | {
  type: "chunk";
  document_id: string;
  chunk_id: string;
  ord: number;
  page_from: number | null;
  page_to: number | null;
  heading_path: string[];
  text: string;
} | {
  type: "end";
  /** If not null, request the rest with `?after=` and this id. */
  next_after: string | null;
};

export interface Job {
  job_id: string;
  status: Status;
  state: State;
  retry_count: number;
  progress: {
    stage_pct: number;
    total_pct: number;
  };
  cost_cents: number;
  document_id: string;
  last_error: LastError | null;
  /**
   * Parts of a complete document whose text is missing; empty if none is. PAGES_UNREAD: the parser failed on
   * these pages; PAGES_EMPTY: it found no text on them; PAGES_CUT: they have more text than it returns.
   */
  warnings: Warning[];
  updated_at: string;
}

export interface JobPage {
  jobs: Job[];
  total: number;
}

export interface LastError {
  code: FailureCode;
  message: string;
  /** The id of the failure event, by which operators find the history. */
  reference?: string;
}

export interface Limits {
  max_file_bytes: number;
  max_pages: number;
  active_documents_per_user: number;
  uploads_per_user_per_day: number;
  pages_per_user_per_day: number;
  documents_per_user: number;
  bytes_per_user: number;
  status_polls_per_minute: number;
  requests_per_user_per_hour: number;
  upload_url_seconds: number;
  allowed_mime_types: string[];
  /**
   * The version of the terms that users must have agreed to before they register documents. Null: none is
   * required.
   */
  required_consent_version: string | null;
  monthly_budget: {
    monthly_cents: number;
    spent_cents: number;
    reserved_cents: number;
    resets_at: string;
  } | null;
  /** The user's usage of these limits. */
  used: {
    documents: number;
    bytes: number;
    uploads_today: number;
    pages_today: number;
  };
}

export interface NeighbouringPassage {
  chunk_id: string;
  chunk_ord: number;
  page: number | null;
  heading_path: string[];
  content: string;
}

export interface Passage {
  chunk_id: string;
  document_id: string;
  filename: string;
  /** The page of the passage that matched; null if the parser numbered no pages. */
  page: number | null;
  page_from: number | null;
  page_to: number | null;
  heading_path: string[];
  content: string;
  /** The offsets of the question's words in `content`, in UTF-16 units as JavaScript counts them. */
  highlights: Highlight[];
  /**
   * Relevance: near 0 for a passage that has nothing to do with the question, near 1 for one that contains it
   * word for word.
   */
  score: number;
  /** The cosine of the passage's vector and the question's; null if meaning was not compared. */
  similarity: number | null;
  /** The share of the question's words in the passage, 0 to 1; null if words were not compared. */
  text_score: number | null;
  /** Rank by meaning. */
  vector_rank: number | null;
  /** Rank by words. */
  text_rank: number | null;
  /** Position in the document. */
  chunk_ord: number;
  /** Other places of the same text. */
  duplicates?: DuplicatePassage[];
  /** The passages before and after it, as `expand` requested. */
  neighbours?: NeighbouringPassage[];
  explanation?: Explanation;
}

export interface Highlight {
  start: number;
  end: number;
}

export interface Reparse {
  document_id: string;
  job_id: string;
  status: Status;
  /** The pages to parse again; null for all of them. */
  pages: number[] | null;
}

export interface Explanation {
  words: {
    score: number | null;
    rank: number | null;
    weight: number;
    terms: {
      word: string;
      role: "wanted" | "required" | "excluded";
      /** How many of the user's passages contain the word. */
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

export interface SearchNotice {
  code: NoticeCode;
  message: string;
  /** For SPELLING_CORRECTED: the word that was written. */
  word?: string;
  /** For SPELLING_CORRECTED: the word that was searched. */
  taken_for?: string;
  /** For WORDS_LEFT_OUT. */
  words?: string[];
  [further: string]: unknown;
}

export interface SearchAnswer {
  query: string;
  /** The mode in which the search was actually done. */
  mode: SearchMode;
  /** The question could not be embedded; only words were compared. */
  degraded?: true;
  results: Passage[];
  next_cursor: string | null;
  /**
   * How the question was interpreted. COMMON_WORDS_ONLY: the question has only words that every text
   * contains; the text was searched literally; MIN_SIMILARITY_NOT_APPLIED: only words could be compared, so
   * that `min_similarity` had no effect; SPELLING_CORRECTED: no document contains `word`, so `taken_for` was
   * searched; WEIGHTS_NOT_APPLIED: only words could be compared, so that `weights` had no effect;
   * WORDS_LEFT_OUT: the question has too many words; `words` were not searched.
   */
  notices: SearchNotice[];
  explained?: ExplainedPassage;
  took_ms: number;
}

export interface Session {
  access_token: string;
  refresh_token: string;
  token_type: string;
  /** Seconds. */
  expires_in: number;
  user: User;
}

export interface SignedUp {
  access_token?: string;
  refresh_token?: string;
  token_type?: string;
  /** Seconds. */
  expires_in?: number;
  user: User;
  /** The address must be confirmed first; there is no session. */
  confirmation_required: boolean;
}

export interface Registration {
  job_id: string;
  document_id: string;
  /** Where to PUT the bytes; null if they came with the request. */
  signed_url: string | null;
  upload_expires_at: string;
}

export interface User {
  id: string;
  email?: string;
  [further: string]: unknown;
}

export interface Warning {
  code: WarningCode;
  message: string;
  pages?: number[];
}
