import { documentAnswer, documentPage, downloadAnswer } from "../answers.ts";
import type { Operation } from "./operation.ts";

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

export const downloadDocument: Operation = {
  id: "downloadDocument",
  tag: "Documents",
  summary: "A link to the original or to the parsed text",
  answer: {
    status: 200,
    description: "A link that is good for five minutes",
    schema: downloadAnswer,
  },
  errors: {
    404: ["document_not_found"],
    409: ["not_uploaded_yet", "not_parsed_yet"],
    422: ["validation_failed"],
    503: ["storage_unavailable"],
  },
};
