import type { HttpErrorCode } from "../../_shared/error_codes.ts";
import { consentAnswer, exportLine, sessionAnswer, signupAnswer, userAnswer } from "../answers.ts";
import { BODY_ERRORS, type Operation } from "./operation.ts";

const ATTEMPT = {
  tag: "Accounts",
  isPublic: true,
} as const;
const ATTEMPT_ERRORS: HttpErrorCode[] = [
  ...BODY_ERRORS,
  "auth_rejected",
  "rate_limited",
  "auth_unavailable",
];

export const signUp: Operation = {
  ...ATTEMPT,
  id: "signUp",
  summary: "Sign up with an email address and a password",
  answer: {
    status: 201,
    description: "The new user, and a session unless the address must be " +
      "confirmed first",
    schema: signupAnswer,
  },
  errors: [
    ...ATTEMPT_ERRORS,
    "signup_disabled",
    "email_taken",
    "validation_failed",
    "weak_password",
  ],
};

export const logIn: Operation = {
  ...ATTEMPT,
  id: "logIn",
  summary: "Sign in",
  answer: { status: 200, description: "A session", schema: sessionAnswer },
  errors: [
    ...ATTEMPT_ERRORS,
    "invalid_credentials",
    "email_not_confirmed",
    "user_banned",
  ],
};

export const refreshSession: Operation = {
  ...ATTEMPT,
  id: "refreshSession",
  summary: "Exchange a refresh token for a new session",
  answer: { status: 200, description: "A session", schema: sessionAnswer },
  errors: [...ATTEMPT_ERRORS, "invalid_refresh_token", "user_banned"],
};

export const currentUser: Operation = {
  id: "currentUser",
  tag: "Accounts",
  summary: "The token's user",
  answer: { status: 200, description: "The user", schema: userAnswer },
  errors: ["auth_rejected", "session_ended", "user_banned"],
};

export const deleteAccount: Operation = {
  id: "deleteAccount",
  tag: "Accounts",
  summary: "Delete the account and everything that belongs to it",
  description: "Requires the password, unchanged for at least a day; for an account " +
    "without a password, the token of a sign-in within ten minutes; and a " +
    "second factor, where the project requires one. The response comes " +
    "after documents, passages, events and sessions are deleted; files, " +
    "and what LlamaParse keeps, are removed soon after.",
  answer: { status: 204, description: "The account is deleted" },
  errors: [
    ...BODY_ERRORS,
    "auth_rejected",
    "session_ended",
    "wrong_password",
    "password_changed_recently",
    "sign_in_required",
    "mfa_required",
    "user_banned",
    "auth_unavailable",
  ],
};

export const recordConsent: Operation = {
  id: "recordConsent",
  tag: "Accounts",
  summary: "Agree to a version of the terms",
  description: "For users who signed up elsewhere or agreed to another version. " +
    "Where the project requires a version, only users who have agreed to " +
    "it can register documents. The server sets the time; agreeing again " +
    "changes nothing.",
  answer: {
    status: 200,
    description: "The version and the time of the agreement",
    schema: consentAnswer,
  },
  errors: [...BODY_ERRORS, "consent_version_outdated"],
};

export const exportAccount: Operation = {
  id: "exportAccount",
  tag: "Accounts",
  summary: "Export everything that is stored about the user",
  description: "One JSON object per line: the account, then the rows of other tables " +
    "with the user's id (audit entries, charges, costs, keys, sessions " +
    "and so on), then each document with its job and links to its files, " +
    "followed by its events and passages. The last line has the type " +
    "`end`; without it the export is incomplete. An export ends after 16 " +
    "MiB; the last line then says where to continue.",
  answer: {
    status: 200,
    description: "The account, records, documents, events and passages",
    mediaType: "application/x-ndjson",
    schema: exportLine,
  },
  errors: [
    "auth_rejected",
    "session_ended",
    "user_banned",
    "validation_failed",
    "storage_unavailable",
  ],
};
