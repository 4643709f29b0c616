/*
 * Every public error code, declared once. From here `npm run generate` writes
 * docs/reference/errors.md and the SQL function
 * `pipeline_internal.error_class`.
 */

/** Errors of HTTP responses: the status, and the sentence for the caller where the response has no more exact one. */
export const HTTP_ERRORS = {
  auth_rejected: {
    status: 400,
    text: "The sign-in service refused the request.",
  },
  auth_unavailable: {
    status: 503,
    text: "The sign-in service is unavailable. Retry later.",
  },
  body_too_large: { status: 413, text: "The body exceeds the limit." },
  consent_required: {
    status: 403,
    text: "The user must agree to the current version of the terms first.",
  },
  consent_version_outdated: {
    status: 409,
    text: "The terms have a newer version. Show it, and send that version.",
  },
  daily_limit: {
    status: 429,
    text: "A daily limit of this user is reached. Retry later.",
  },
  database_unavailable: {
    status: 503,
    text: "The database is unavailable. Retry later.",
  },
  document_busy: {
    status: 409,
    text: "The document is being processed. Retry when it is complete.",
  },
  document_not_found: {
    status: 404,
    text: "You have no document with this id.",
  },
  document_refused: {
    status: 409,
    text: "The document failed for a reason of its own, and would fail again. Upload a corrected file.",
  },
  duplicate_document: {
    status: 409,
    text: "You uploaded the same content before.",
  },
  email_not_confirmed: {
    status: 401,
    text: "Confirm your email address first: follow the link that was sent to it.",
  },
  email_taken: {
    status: 409,
    text: "There is already an account with this email address.",
  },
  file_too_large: { status: 413, text: "The file exceeds the limit." },
  idempotency_key_in_use: {
    status: 409,
    text: "The first request with this Idempotency-Key is still running. Repeat it in a moment.",
  },
  idempotency_key_reused: {
    status: 422,
    text: "This Idempotency-Key came with another request before. Use a new key for each request.",
  },
  internal_error: {
    status: 500,
    text: "An unexpected error occurred. Retry later; operators find it by the request id.",
  },
  invalid_credentials: {
    status: 401,
    text: "The email address or the password is wrong.",
  },
  invalid_cursor: {
    status: 422,
    text: "The cursor does not belong to this list in this order. Start without one.",
  },
  invalid_form: { status: 400, text: "The body is not a valid form." },
  invalid_json: { status: 400, text: "The body is not valid JSON." },
  invalid_refresh_token: {
    status: 401,
    text: "The refresh token is not valid, or its session has ended. Sign in again.",
  },
  invalid_signature: {
    status: 401,
    text: "The callback is not signed with this receiver's secret.",
  },
  job_not_found: { status: 404, text: "You have no job with this id." },
  method_not_allowed: {
    status: 405,
    text: "The route does not answer this method.",
  },
  mfa_required: {
    status: 403,
    text: "A second factor is required. Verify one with Auth.",
  },
  monthly_budget_spent: {
    status: 402,
    text: "This month's budget is spent.",
  },
  no_such_page: {
    status: 422,
    text: "The document does not have one of these pages.",
  },
  not_complete: {
    status: 409,
    text: "The document failed after it was parsed. Retry its job first.",
  },
  not_configured: {
    status: 503,
    text: "A setting of the function is missing or malformed.",
  },
  not_found: { status: 404, text: "There is nothing at this path." },
  not_parsed: {
    status: 409,
    text: "The document is plain text or Markdown, which is not parsed.",
  },
  not_parsed_yet: {
    status: 409,
    text: "The document has no parsed text. Its status says whether it will have one.",
  },
  not_retryable: {
    status: 400,
    text: "Only a job in state retryable or deadletter can be retried.",
  },
  not_uploaded_yet: {
    status: 409,
    text: "The document's bytes have not arrived.",
  },
  not_verified: {
    status: 409,
    text: "The uploaded bytes are not verified and cannot be downloaded.",
  },
  nothing_unread: {
    status: 409,
    text: "The parser failed on no page of the document.",
  },
  password_changed_recently: {
    status: 403,
    text: "The password was changed less than a day ago. The account was not deleted.",
  },
  quota_exceeded: {
    status: 413,
    text: "The upload exceeds what the user may keep.",
  },
  rate_limited: { status: 429, text: "Too many attempts. Retry later." },
  request_timeout: {
    status: 408,
    text: "The body did not arrive in time.",
  },
  search_timeout: {
    status: 503,
    text: "The search timed out. Retry later, in fewer documents or with fewer words.",
  },
  search_unavailable: {
    status: 503,
    text: "The question cannot be embedded now. Retry later, or search with mode `text`.",
  },
  session_ended: {
    status: 401,
    text: "The session has ended. Sign in again.",
  },
  sign_in_required: {
    status: 403,
    text: "The account has no password. Sign in again.",
  },
  signup_disabled: {
    status: 403,
    text: "Sign-ups are disabled in this project.",
  },
  storage_unavailable: {
    status: 503,
    text: "A required service is unavailable. Retry later.",
  },
  too_busy: {
    status: 503,
    text: "The capacity for large bodies is exhausted. Retry later.",
  },
  unauthorized: {
    status: 401,
    text: "The request needs a valid access token.",
  },
  unhealthy: {
    status: 503,
    text: "A part that the API needs is unavailable. Retry later.",
  },
  unknown_stage: { status: 404, text: "There is no such stage." },
  unsupported_media_type: {
    status: 415,
    text: "Send the body as application/json.",
  },
  unsupported_type: {
    status: 415,
    text: "Files of this type are not accepted.",
  },
  user_banned: { status: 403, text: "This account is suspended." },
  validation_failed: {
    status: 422,
    text: "The request has fields that are missing, unknown or malformed.",
  },
  weak_password: { status: 422, text: "The password is too weak." },
  wrong_password: {
    status: 403,
    text: "The password is wrong. The account was not deleted.",
  },
} as const satisfies Record<string, { status: number; text: string }>;

export type HttpErrorCode = keyof typeof HTTP_ERRORS;
export type HttpErrorStatus = typeof HTTP_ERRORS[HttpErrorCode]["status"];

/**
 * What a failure says something about:
 * - `document`: the document; only another file helps, so it is not retried
 * - `provider`: LlamaParse or OpenAI
 * - `pipeline`: the pipeline itself
 */
export type ErrorClass = "document" | "provider" | "pipeline";

interface Failure {
  class: ErrorClass;
  /** For the document's owner; `{name}` stands for a value. */
  text: string;
  /** For the owner, or for an operator where the owner can do nothing. */
  remedy: string;
  /** If the document's owner can mend it although the class is another than `document`. */
  mendedBy?: "owner";
}

const RETRIES = "The pipeline retries. An operator redrives what it gave up.";
const OPERATOR = "Documents wait until an operator acts.";
const WAITS_A_MINUTE =
  "Documents wait until the provider's bucket has tokens again: pipeline_internal.providers has its rates.";
const WAITS = "Documents wait until the provider answers again.";

/** Failures of documents and of the services that process them: `last_error.code`, events, the dead letter. */
export const FAILURES = {
  ARCHIVE_IS_BROKEN: {
    class: "document",
    text: "the file is damaged: {reason}; save it again and upload the copy",
    remedy: "Save the file again and upload the copy.",
  },
  ATTEMPTS_EXHAUSTED: {
    class: "pipeline",
    text: "processing failed each time it was tried",
    remedy: "Retry the job later.",
  },
  DOCUMENT_TOO_LARGE: {
    class: "document",
    text: "The document is too large for the parser: upload it in parts",
    remedy: "Upload the document in parts.",
  },
  EMPTY_DOCUMENT: {
    class: "document",
    text: "the document has no text",
    remedy: "Upload a scan with OCR, or a copy whose pages can be read.",
  },
  FILE_MISSING: {
    class: "pipeline",
    text: "the uploaded file is no longer there; upload it again",
    remedy: "Upload the file again.",
    mendedBy: "owner",
  },
  INTERNAL_ERROR: {
    class: "pipeline",
    text: "an unexpected error interrupted the processing",
    remedy: RETRIES,
  },
  LLAMAPARSE_BAD_ANSWER: {
    class: "provider",
    text: "LlamaParse's answer cannot be used: {reason}",
    remedy: RETRIES,
  },
  LLAMAPARSE_BUDGET_SPENT: {
    class: "pipeline",
    text: "the budget for this minute is spent",
    remedy: WAITS_A_MINUTE,
  },
  LLAMAPARSE_FAILED: {
    class: "provider",
    text: "The parser failed on this document",
    remedy: RETRIES,
  },
  LLAMAPARSE_NOT_FOUND: {
    class: "provider",
    text: "LlamaParse's API does not answer at the configured URL",
    remedy: `Correct LLAMAPARSE_API_URL. ${OPERATOR}`,
  },
  LLAMAPARSE_OUT_OF_CREDITS: {
    class: "provider",
    text: "The LlamaParse account has no credits left",
    remedy: `Buy credits. ${OPERATOR}`,
  },
  LLAMAPARSE_RATE_LIMITED: {
    class: "provider",
    text: "LlamaParse's rate limit is reached",
    remedy: WAITS,
  },
  LLAMAPARSE_REJECTED: {
    class: "provider",
    text: "LlamaParse does not accept the request",
    remedy: `Compare the request with LlamaParse's API. ${OPERATOR}`,
  },
  LLAMAPARSE_TIMEOUT: {
    class: "provider",
    text: "LlamaParse did not answer in time",
    remedy: RETRIES,
  },
  LLAMAPARSE_UNAUTHORIZED: {
    class: "provider",
    text: "LlamaParse refused the API key",
    remedy: `Replace LLAMAPARSE_API_KEY. ${OPERATOR}`,
  },
  LLAMAPARSE_UNAVAILABLE: {
    class: "provider",
    text: "LlamaParse failed",
    remedy: WAITS,
  },
  LLAMAPARSE_UNREACHABLE: {
    class: "provider",
    text: "LlamaParse could not be reached",
    remedy: RETRIES,
  },
  MALWARE_FOUND: {
    class: "document",
    text: "the virus scanner found {malware} in the file",
    remedy: "Upload a clean file.",
  },
  NO_DATA_FOUND_IN_FILE: {
    class: "document",
    text: "No text was found; it may be a scan: upload it with OCR",
    remedy: "Upload the document with OCR.",
  },
  NO_PAGE_READ: {
    class: "provider",
    text: "the parser could read no page of the document; see whether it opens, then try again",
    remedy: "Open the document; if its pages show, retry the job.",
    mendedBy: "owner",
  },
  NOT_A_PDF: {
    class: "document",
    text:
      "the file is {found}, although its name or type says that it is {announced}; upload it under its own type, if that is accepted, or save it as an accepted type",
    remedy: "Upload a PDF, or announce the file's own type.",
  },
  OPENAI_BAD_ANSWER: {
    class: "provider",
    text: "OpenAI's answer could not be read",
    remedy: RETRIES,
  },
  OPENAI_BAD_VECTOR: {
    class: "provider",
    text: "OpenAI returned an invalid embedding: {reason}",
    remedy: RETRIES,
  },
  OPENAI_BUDGET_SPENT: {
    class: "pipeline",
    text: "the budget for this minute is spent",
    remedy: WAITS_A_MINUTE,
  },
  OPENAI_EMPTY_INPUT: {
    class: "provider",
    text: "An empty text cannot be embedded",
    remedy: `Look at the document's chunks. ${OPERATOR}`,
  },
  OPENAI_INPUT_TOO_LONG: {
    class: "provider",
    text: "A text has more tokens than the embedding model takes",
    remedy: `Look at the document's chunks. ${OPERATOR}`,
  },
  OPENAI_NOT_FOUND: {
    class: "provider",
    text: "OpenAI does not offer the model at this address to this key",
    remedy: `Correct OPENAI_API_URL or the key's project. ${OPERATOR}`,
  },
  OPENAI_OUT_OF_CREDIT: {
    class: "provider",
    text: "The OpenAI account's credit or spending limit is used up",
    remedy: `Add credit or raise the limit. ${OPERATOR}`,
  },
  OPENAI_RATE_LIMITED: {
    class: "provider",
    text: "OpenAI's rate limit is reached",
    remedy: WAITS,
  },
  OPENAI_REJECTED: {
    class: "provider",
    text: "OpenAI does not accept the request",
    remedy: `Compare the request with OpenAI's API. ${OPERATOR}`,
  },
  OPENAI_TIMEOUT: {
    class: "provider",
    text: "OpenAI did not answer in time",
    remedy: RETRIES,
  },
  OPENAI_UNAUTHORIZED: {
    class: "provider",
    text: "OpenAI refused the API key",
    remedy: `Replace OPENAI_API_KEY. ${OPERATOR}`,
  },
  OPENAI_UNAVAILABLE: {
    class: "provider",
    text: "OpenAI failed",
    remedy: WAITS,
  },
  OPENAI_UNREACHABLE: {
    class: "provider",
    text: "OpenAI could not be reached",
    remedy: RETRIES,
  },
  PARSED_TEXT_MISSING: {
    class: "pipeline",
    text: "the parsed text is no longer there; upload the document again",
    remedy: "Upload the document again.",
    mendedBy: "owner",
  },
  PARSE_CANCELLED: {
    class: "provider",
    text: "the parser was stopped",
    remedy: RETRIES,
  },
  PARSE_RESULT_GONE: {
    class: "provider",
    text: "the parser no longer has the result",
    remedy: RETRIES,
  },
  PARSE_TIMEOUT: {
    class: "provider",
    text: "the parser did not finish in time",
    remedy: RETRIES,
  },
  PDF_IS_BROKEN: {
    class: "document",
    text: "The document is damaged and cannot be read: open it, save it again, and upload the copy",
    remedy: "Open the document, save it again, and upload the copy.",
  },
  PDF_IS_PROTECTED: {
    class: "document",
    text: "The document is protected by a password: upload a copy without one",
    remedy: "Upload a copy without a password.",
  },
  SCANNER_UNAVAILABLE: {
    class: "pipeline",
    text: "the virus scanner is unavailable",
    remedy: `Restore ClamAV. ${OPERATOR}`,
  },
  SHA256_MISMATCH: {
    class: "document",
    text: "the upload's sha256 differs from the announced one; it was damaged in transit or another file was sent",
    remedy: "Upload the file that was announced.",
  },
  SIZE_MISMATCH: {
    class: "document",
    text: "the upload has {bytes} bytes, but {announced} were announced; upload it again",
    remedy: "Upload the file that was announced.",
  },
  STORAGE_UNAVAILABLE: {
    class: "pipeline",
    text: "Storage is unavailable",
    remedy: RETRIES,
  },
  TEXT_TOO_LONG: {
    class: "document",
    text: "the document's text is longer than {maxTextBytes} bytes; split it",
    remedy: "Split the document.",
  },
  TEXT_UNREADABLE: {
    class: "document",
    text: "the file is no text in UTF-8 or UTF-16; save it as UTF-8 and upload it again",
    remedy: "Save the file as UTF-8 and upload it again.",
  },
  TOO_MANY_PAGES: {
    class: "document",
    text: "the document has more than {maxPages} pages",
    remedy: "Upload the document in parts.",
  },
  TYPE_MISMATCH: {
    class: "document",
    text:
      "the file is {found}, although its name or type says that it is {announced}; upload it under its own type, if that is accepted, or save it as an accepted type",
    remedy: "Announce the file's own type, or save it as one that is accepted.",
  },
  UNPACKS_TOO_LARGE: {
    class: "document",
    text: "the file's contents unpack to more than {mebibytes} MiB, or cannot be unpacked within reason",
    remedy: "Upload the document in parts.",
  },
  UNSUPPORTED_FILE_TYPE: {
    class: "document",
    text: "The parser does not support this type of file: upload the document as a PDF",
    remedy: "Upload the document as a PDF.",
  },
  WORKER_KILLED: {
    class: "pipeline",
    text:
      "the workers that had only this document stopped without an error; it needs more memory or time than there is",
    remedy: "Save the document again, or upload it in smaller parts.",
    mendedBy: "owner",
  },
  WORKER_LOST: {
    class: "pipeline",
    text: "the worker stopped without an error; the document is tried again",
    remedy: RETRIES,
  },
} as const satisfies Record<string, Failure>;

export type FailureCode = keyof typeof FAILURES;

/** Who mends a failure for good: the document's owner, or an operator. */
export function mendedBy(code: FailureCode): "owner" | "operator" {
  const { class: errorClass, mendedBy }: Failure = FAILURES[code];
  return mendedBy ?? (errorClass === "document" ? "owner" : "operator");
}

/** What an operator does about a failure before a redrive; undefined where the cause ends by itself, or has to be found. */
export function operatorRemedy(code: FailureCode): string | undefined {
  const { remedy }: Failure = FAILURES[code];
  const own = [RETRIES, WAITS_A_MINUTE, WAITS, OPERATOR]
    .reduce((text, common) => text.replace(common, ""), remedy).trim();
  // To redrive is what follows in any case.
  return mendedBy(code) === "operator" && own !== "" && !own.startsWith("Retry") ? own : undefined;
}

type Placeholders<T extends string> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest>
  : never;
type Values<C extends FailureCode> = Record<
  Placeholders<typeof FAILURES[C]["text"]>,
  string | number
>;

/**
 * A failure as it is stored: its code, and its text with the values in place.
 */
export function failure<C extends FailureCode>(
  code: C,
  ...[values]: [Placeholders<typeof FAILURES[C]["text"]>] extends [never] ? []
    : [Values<C>]
): { code: C; message: string } {
  const message = Object.entries(values ?? {}).reduce(
    (text, [name, value]) => text.replaceAll(`{${name}}`, String(value)),
    FAILURES[code].text as string,
  );
  return { code, message };
}

/** Why a document waits, if not for a worker: `waiting_for`. A provider's code stands there too. */
export const WAITING_FOR = {
  DAILY_PAGES_SPENT: "the user's pages of 24 hours are spent; the document continues when they are not",
  MONTHLY_BUDGET_SPENT: "the month's budget does not hold the document; it continues when it does",
  PARSER_AT_WORK: "LlamaParse parses the document",
  WORKER_LOST: "the document is tried again after its worker stopped",
  YOUR_OTHER_DOCUMENTS: "as many documents of the user are active as may be; this one waits in the user queue",
} as const;

/** What a complete document lacks: `warnings`. */
export const WARNINGS = {
  PAGES_CUT: "these pages held more text than the parser returns of a page; the rest is missing",
  PAGES_EMPTY: "no text was found on these pages; if they are scanned, reparse them with OCR",
  PAGES_UNREAD: "the parser failed on these pages; reparse them",
} as const;
export type WarningCode = keyof typeof WARNINGS;

/** How a question was interpreted: `notices` of a search. */
export const NOTICES = {
  COMMON_WORDS_ONLY: "the question has only words that every text contains; the text was searched literally",
  MIN_SIMILARITY_NOT_APPLIED: "only words could be compared, so that `min_similarity` had no effect",
  SPELLING_CORRECTED: "no document contains `word`, so `taken_for` was searched",
  WEIGHTS_NOT_APPLIED: "only words could be compared, so that `weights` had no effect",
  WORDS_LEFT_OUT: "the question has too many words; `words` were not searched",
} as const;
export type NoticeCode = keyof typeof NOTICES;

/** Why a search found, or did not find, the passage that `explain` names: `explained.reason`. */
export const SEARCH_REASONS = {
  BELOW_MIN_SCORE: "its score is below `min_score`",
  BELOW_MIN_SIMILARITY: "its similarity is below `min_similarity`",
  DUPLICATE: "it has the same text as another passage, which is returned instead",
  EXCLUDED_WORD: "it contains a word that the question excludes",
  FOUND: "it is on this page",
  MAX_PER_DOCUMENT: "its document has `max_per_document` better passages",
  NO_SUCH_CHUNK: "the user has no passage with this id",
  NO_WORD_FOUND: "it contains none of the words",
  OTHER_DOCUMENT: "its document is not one of `document_ids`",
  OTHER_PAGE: "it is on another page of the results",
  OUTRANKED: "other passages rank higher",
  PHRASE_MISSING: "it does not contain the phrase in quotes",
} as const;
export type SearchReason = keyof typeof SEARCH_REASONS;
