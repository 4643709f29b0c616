import {
  documentAnswer,
  documentPage,
  downloadAnswer,
  reparseAnswer,
} from "../answers.ts";
import { BODY_ERRORS, IDEMPOTENCY_KEY, type Operation } from "./operation.ts";

export const listDocuments: Operation = {
  id: "listDocuments",
  tag: "Documents",
  summary: "One's documents, in pages",
  answer: {
    status: 200,
    description: "A page; `next_cursor` is null on the last one",
    schema: documentPage,
  },
  errors: { 422: ["validation_failed", "invalid_cursor"] },
};

export const documentStatus: Operation = {
  id: "documentStatus",
  tag: "Documents",
  summary: "Where a document stands",
  answer: {
    status: 200,
    description: "Its status, and what it waits for",
    schema: documentAnswer,
  },
  errors: { 404: ["document_not_found"], 422: ["validation_failed"] },
};

export const deleteDocument: Operation = {
  id: "deleteDocument",
  tag: "Documents",
  summary: "Delete a document",
  description:
    "Its passages are gone with the answer; its files are removed and its parse is cancelled soon after.",
  answer: { status: 204, description: "It is gone" },
  errors: { 404: ["document_not_found"], 422: ["validation_failed"] },
};

export const reparseDocument: Operation = {
  id: "reparseDocument",
  tag: "Documents",
  summary: "Have pages of a document read again",
  description:
    "Those named under `pages`; with `unread` those that the parser failed on, and with `ocr` those without text too; " +
    "or all of them. Without `ocr` they are read as before. It is counted and paid for as an upload. " +
    "The document goes its way again, and answers as before until its new text does. " +
    "If it cannot be read again it is complete as before, and `last_error` says why.",
  request: { parameters: [IDEMPOTENCY_KEY] },
  answer: {
    status: 202,
    description: "The pages will be read",
    schema: reparseAnswer,
  },
  errors: {
    ...BODY_ERRORS,
    402: ["monthly_budget_spent"],
    404: ["document_not_found"],
    409: [
      "nothing_unread",
      "document_busy",
      "not_parsed",
      "not_complete",
      "not_uploaded_yet",
      "document_refused",
      "idempotency_key_in_use",
    ],
    422: [...BODY_ERRORS[422], "no_such_page", "idempotency_key_reused"],
    429: ["daily_limit"],
  },
};

export const downloadDocument: Operation = {
  id: "downloadDocument",
  tag: "Documents",
  summary: "A link to the original or to the parsed text",
  description:
    "The original is what was verified when it arrived, whatever was sent to its signed URL since. Bytes that nobody has " +
    "verified yet, or that were refused, are given to nobody.",
  answer: {
    status: 200,
    description: "A link that is good for five minutes",
    schema: downloadAnswer,
  },
  errors: {
    404: ["document_not_found"],
    409: ["not_uploaded_yet", "not_verified", "not_parsed_yet"],
    422: ["validation_failed"],
    503: ["storage_unavailable"],
  },
};
