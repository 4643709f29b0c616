import {
  consentAnswer,
  exportLine,
  sessionAnswer,
  signupAnswer,
  userAnswer,
} from "../answers.ts";
import { BODY_ERRORS, type Operation } from "./operation.ts";

const ATTEMPT = {
  tag: "Accounts",
  isPublic: true,
} as const;
const ATTEMPT_ERRORS = {
  ...BODY_ERRORS,
  400: ["invalid_json", "auth_rejected"],
  429: ["rate_limited"],
  503: ["auth_unavailable"],
};

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
  errors: {
    ...ATTEMPT_ERRORS,
    403: ["signup_disabled"],
    409: ["email_taken"],
    422: ["validation_failed", "weak_password"],
  },
};

export const logIn: Operation = {
  ...ATTEMPT,
  id: "logIn",
  summary: "Sign in",
  answer: { status: 200, description: "A session", schema: sessionAnswer },
  errors: {
    ...ATTEMPT_ERRORS,
    401: ["invalid_credentials", "email_not_confirmed"],
    403: ["user_banned"],
  },
};

export const refreshSession: Operation = {
  ...ATTEMPT,
  id: "refreshSession",
  summary: "Exchange a refresh token for a new session",
  answer: { status: 200, description: "A session", schema: sessionAnswer },
  errors: {
    ...ATTEMPT_ERRORS,
    401: ["invalid_refresh_token"],
    403: ["user_banned"],
  },
};

export const currentUser: Operation = {
  id: "currentUser",
  tag: "Accounts",
  summary: "Who the token belongs to",
  answer: { status: 200, description: "The user", schema: userAnswer },
  errors: {
    400: ["auth_rejected"],
    401: ["session_ended"],
    403: ["user_banned"],
  },
};

export const deleteAccount: Operation = {
  id: "deleteAccount",
  tag: "Accounts",
  summary: "Delete one's account and everything that belongs to it",
  description:
    "Takes the password again, and one that was changed at least a day ago; of an account without a password, a token of a " +
    "sign-in within ten minutes; and a second factor, where the project demands one. Documents, passages, events and sessions are gone with the answer; files, and what " +
    "LlamaParse keeps, are removed soon after.",
  answer: { status: 204, description: "It is gone" },
  errors: {
    ...BODY_ERRORS,
    400: ["invalid_json", "auth_rejected"],
    401: ["session_ended"],
    403: [
      "wrong_password",
      "password_changed_recently",
      "sign_in_required",
      "mfa_required",
      "user_banned",
    ],
    503: ["auth_unavailable"],
  },
};

export const recordConsent: Operation = {
  id: "recordConsent",
  tag: "Accounts",
  summary: "Agree to a version of the terms",
  description:
    "For who signed up elsewhere, or to another version. Where the project requires a version, documents are taken of those " +
    "who have agreed to it. When, is the server's time; to agree again changes nothing.",
  answer: {
    status: 200,
    description: "What was agreed to, and when",
    schema: consentAnswer,
  },
  errors: { ...BODY_ERRORS, 409: ["consent_version_outdated"] },
};

export const exportAccount: Operation = {
  id: "exportAccount",
  tag: "Accounts",
  summary: "All that is kept of oneself",
  description:
    "A JSON object a line: the account, then what else is kept with one's id (acts, charges, costs, keys, sessions and the " +
    "like) as its table has it, then each document with its job and links to its files, followed by its events and " +
    "passages. The last line is of type `end`; without it the export broke off. Beyond 16 MiB it tells where to go on.",
  answer: {
    status: 200,
    description: "One's account, records, documents, events and passages",
    mediaType: "application/x-ndjson",
    schema: exportLine,
  },
  errors: {
    400: ["auth_rejected"],
    401: ["session_ended"],
    403: ["user_banned"],
    422: ["validation_failed"],
    503: ["storage_unavailable"],
  },
};
