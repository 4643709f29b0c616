// Written by npm run generate from the migrations and supabase/functions/_shared/error_codes.ts. Change those.

/**
 * The known words, and any other: a server newer than this client may have more. An editor completes the known ones; a
 * `switch` over them needs a `default`.
 */
export type Open<Known extends string> = Known | (string & Record<never, never>);

/** The statuses of a document, in their order; then those of a document that did not become complete. */
export const STATUSES = [
  "awaiting_upload",
  "uploaded",
  "parse_queued",
  "parsed",
  "parse_validated",
  "chunking",
  "chunks_stored",
  "embedding_queued",
  "embedding_in_progress",
  "embeddings_stored",
  "complete",
  "duplicate",
  "expired",
  "failed_parse",
  "failed_chunking",
  "failed_embedding",
] as const;
export type KnownStatus = typeof STATUSES[number];
export type Status = Open<KnownStatus>;

/** Whether a document waits, is worked on, failed for now, or is over: `done` or `deadletter`. */
export const STATES = ["queued", "working", "retryable", "done", "deadletter"] as const;
export type KnownState = typeof STATES[number];
export type State = Open<KnownState>;

/** The codes of the API's errors. */
export const API_CODES = [
  "auth_rejected",
  "auth_unavailable",
  "body_too_large",
  "consent_required",
  "consent_version_outdated",
  "daily_limit",
  "database_unavailable",
  "document_busy",
  "document_not_found",
  "document_refused",
  "duplicate_document",
  "email_not_confirmed",
  "email_taken",
  "file_too_large",
  "idempotency_key_in_use",
  "idempotency_key_reused",
  "internal_error",
  "invalid_credentials",
  "invalid_cursor",
  "invalid_form",
  "invalid_json",
  "invalid_refresh_token",
  "invalid_signature",
  "job_not_found",
  "method_not_allowed",
  "mfa_required",
  "monthly_budget_spent",
  "no_such_page",
  "not_complete",
  "not_configured",
  "not_found",
  "not_parsed",
  "not_parsed_yet",
  "not_retryable",
  "not_uploaded_yet",
  "not_verified",
  "nothing_unread",
  "password_changed_recently",
  "quota_exceeded",
  "rate_limited",
  "request_timeout",
  "search_timeout",
  "search_unavailable",
  "session_ended",
  "sign_in_required",
  "signup_disabled",
  "storage_unavailable",
  "too_busy",
  "unauthorized",
  "unhealthy",
  "unknown_stage",
  "unsupported_media_type",
  "unsupported_type",
  "user_banned",
  "validation_failed",
  "weak_password",
  "wrong_password",
] as const;
export type KnownApiCode = typeof API_CODES[number];
/** One of these, or the code of a failed service in lower case. */
export type ApiCode = Open<KnownApiCode | Lowercase<KnownFailureCode>>;

/** Why a document failed: `last_error.code`. */
export const FAILURE_CODES = [
  "ARCHIVE_IS_BROKEN",
  "ATTEMPTS_EXHAUSTED",
  "DOCUMENT_TOO_LARGE",
  "EMPTY_DOCUMENT",
  "FILE_MISSING",
  "INTERNAL_ERROR",
  "LLAMAPARSE_BAD_ANSWER",
  "LLAMAPARSE_BUDGET_SPENT",
  "LLAMAPARSE_FAILED",
  "LLAMAPARSE_NOT_FOUND",
  "LLAMAPARSE_OUT_OF_CREDITS",
  "LLAMAPARSE_RATE_LIMITED",
  "LLAMAPARSE_REJECTED",
  "LLAMAPARSE_TIMEOUT",
  "LLAMAPARSE_UNAUTHORIZED",
  "LLAMAPARSE_UNAVAILABLE",
  "LLAMAPARSE_UNREACHABLE",
  "MALWARE_FOUND",
  "NO_DATA_FOUND_IN_FILE",
  "NO_PAGE_READ",
  "NOT_A_PDF",
  "OPENAI_BAD_ANSWER",
  "OPENAI_BAD_VECTOR",
  "OPENAI_BUDGET_SPENT",
  "OPENAI_EMPTY_INPUT",
  "OPENAI_INPUT_TOO_LONG",
  "OPENAI_NOT_FOUND",
  "OPENAI_OUT_OF_CREDIT",
  "OPENAI_RATE_LIMITED",
  "OPENAI_REJECTED",
  "OPENAI_TIMEOUT",
  "OPENAI_UNAUTHORIZED",
  "OPENAI_UNAVAILABLE",
  "OPENAI_UNREACHABLE",
  "PARSED_TEXT_MISSING",
  "PARSE_CANCELLED",
  "PARSE_RESULT_GONE",
  "PARSE_TIMEOUT",
  "PDF_IS_BROKEN",
  "PDF_IS_PROTECTED",
  "SCANNER_UNAVAILABLE",
  "SHA256_MISMATCH",
  "SIZE_MISMATCH",
  "STORAGE_UNAVAILABLE",
  "TEXT_TOO_LONG",
  "TEXT_UNREADABLE",
  "TOO_MANY_PAGES",
  "TYPE_MISMATCH",
  "UNPACKS_TOO_LARGE",
  "UNSUPPORTED_FILE_TYPE",
  "WORKER_KILLED",
  "WORKER_LOST",
] as const;
export type KnownFailureCode = typeof FAILURE_CODES[number];
export type FailureCode = Open<KnownFailureCode>;

/** What a complete document lacks: `warnings`. */
export const WARNING_CODES = ["PAGES_CUT", "PAGES_EMPTY", "PAGES_UNREAD"] as const;
export type KnownWarningCode = typeof WARNING_CODES[number];
export type WarningCode = Open<KnownWarningCode>;

/** Why a document waits, if not for a worker or for a failed service. */
export const WAITING_CODES = [
  "DAILY_PAGES_SPENT",
  "MONTHLY_BUDGET_SPENT",
  "PARSER_AT_WORK",
  "WORKER_LOST",
  "YOUR_OTHER_DOCUMENTS",
] as const;
export type KnownWaitingReason = typeof WAITING_CODES[number];
export type WaitingReason = Open<KnownWaitingReason>;
/** `waiting_for`: one of these, or the code of a failed service. */
export type WaitingCode = Open<KnownWaitingReason | KnownFailureCode>;

/** How a question was interpreted: `notices` of a search. */
export const NOTICE_CODES = [
  "COMMON_WORDS_ONLY",
  "MIN_SIMILARITY_NOT_APPLIED",
  "SPELLING_CORRECTED",
  "WEIGHTS_NOT_APPLIED",
  "WORDS_LEFT_OUT",
] as const;
export type KnownNoticeCode = typeof NOTICE_CODES[number];
export type NoticeCode = Open<KnownNoticeCode>;

/** Why a search found, or did not find, a passage. */
export const SEARCH_REASONS = [
  "BELOW_MIN_SCORE",
  "BELOW_MIN_SIMILARITY",
  "DUPLICATE",
  "EXCLUDED_WORD",
  "FOUND",
  "MAX_PER_DOCUMENT",
  "NO_SUCH_CHUNK",
  "NO_WORD_FOUND",
  "OTHER_DOCUMENT",
  "OTHER_PAGE",
  "OUTRANKED",
  "PHRASE_MISSING",
] as const;
export type KnownSearchReason = typeof SEARCH_REASONS[number];
export type SearchReason = Open<KnownSearchReason>;

/** How a search compares; the answer names the mode in which it was actually done. */
export type SearchMode = "hybrid" | "vector" | "text";
