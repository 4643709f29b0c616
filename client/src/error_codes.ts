import type { KnownApiCode, KnownFailureCode, Open } from "./vocabulary.ts";

/** The codes of errors that the client itself raises. */
export const CLIENT_CODES = [
  "aborted",
  "file_changed",
  "file_empty",
  "file_unreadable",
  "insecure_context",
  "live_interrupted",
  "network_error",
  "not_removed",
  "session_expired",
  "timeout",
  "unexpected_answer",
  "unexpected_error",
  "upload_refused",
  "user_changed",
] as const;
export type KnownClientCode = typeof CLIENT_CODES[number];

/**
 * Why a call failed: the API's code, a failed document's, or the client's own. The code of a service that failed while
 * the API answered is a document's code in lower case, such as `openai_timeout`.
 */
export type ErrorCode = Open<KnownApiCode | KnownFailureCode | Lowercase<KnownFailureCode> | KnownClientCode>;
