import { documentAnswer, documentPage, downloadAnswer, reparseAnswer } from "../answers.ts";
import { BODY_ERRORS, IDEMPOTENCY_KEY, type Operation } from "./operation.ts";

export const listDocuments: Operation = {
  id: "listDocuments",
  tag: "Documents",
  summary: "List the user's documents, in pages",
  answer: {
    status: 200,
    description: "A page; `next_cursor` is null on the last one",
    schema: documentPage,
  },
  errors: ["validation_failed", "invalid_cursor"],
};

export const documentStatus: Operation = {
  id: "documentStatus",
  tag: "Documents",
  summary: "Get a document's status",
  answer: {
    status: 200,
    description: "The status, and the reason for waiting, if any",
    schema: documentAnswer,
  },
  errors: ["document_not_found", "validation_failed"],
};

export const deleteDocument: Operation = {
  id: "deleteDocument",
  tag: "Documents",
  summary: "Delete a document",
  description: "The response comes after the passages are deleted; the files are " +
    "removed and the parse is cancelled soon after.",
  answer: { status: 204, description: "The document is deleted" },
  errors: ["document_not_found", "validation_failed"],
};

export const reparseDocument: Operation = {
  id: "reparseDocument",
  tag: "Documents",
  summary: "Parse pages of a document again",
  description: "Parses the given `pages`; with `unread`, those that the parser " +
    "failed on, and with `ocr` also those without text; or all of them. " +
    "Without `ocr` they are parsed as before. A reparse counts and costs " +
    "as an upload does. The document passes through the stages again, and " +
    "its active version answers searches until the new one replaces it. " +
    "If the reparse fails, the document is complete as before, and " +
    "`last_error` says why.",
  request: { parameters: [IDEMPOTENCY_KEY] },
  answer: {
    status: 202,
    description: "The pages will be parsed",
    schema: reparseAnswer,
  },
  errors: [
    ...BODY_ERRORS,
    "monthly_budget_spent",
    "document_not_found",
    "nothing_unread",
    "document_busy",
    "not_parsed",
    "not_complete",
    "not_uploaded_yet",
    "document_refused",
    "idempotency_key_in_use",
    "no_such_page",
    "idempotency_key_reused",
    "daily_limit",
  ],
};

export const downloadDocument: Operation = {
  id: "downloadDocument",
  tag: "Documents",
  summary: "Get a link to the original or to the parsed text",
  description: "The original is the file that was verified when it arrived, whatever " +
    "was sent to its signed URL since. There is no link to bytes that are " +
    "not verified yet or were refused.",
  answer: {
    status: 200,
    description: "A link that is valid for five minutes",
    schema: downloadAnswer,
  },
  errors: [
    "document_not_found",
    "not_uploaded_yet",
    "not_verified",
    "not_parsed_yet",
    "validation_failed",
    "storage_unavailable",
  ],
};
