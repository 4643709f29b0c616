import { resolver } from "hono-openapi";
import { z } from "zod";
import { fields } from "../../_shared/fields.ts";
import { batchAnswer, duplicateAnswer, errorAnswer, limitsAnswer, uploadAnswer } from "../answers.ts";
import { BODY_ERRORS, IDEMPOTENCY_KEY, type Operation } from "./operation.ts";

export const uploadLimits: Operation = {
  id: "uploadLimits",
  tag: "Documents",
  summary: "Get the limits in force, and the user's budget",
  answer: {
    status: 200,
    description: "Sizes in bytes, times in seconds, money in US cents",
    schema: limitsAnswer,
  },
};

/** @param uploadRequest the schema of one file */
export function uploadDocument(uploadRequest: z.ZodType): Operation {
  const batch = fields({
    documents: z.array(uploadRequest).min(1).max(50),
  }).meta({ ref: "BatchRequest" });
  return {
    id: "uploadDocument",
    tag: "Documents",
    summary: "Start an upload",
    description: "As JSON: one file, or up to 50 under `documents`, each with its " +
      "own result. Then PUT the bytes to `signed_url`, as " +
      "`application/octet-stream` or as the announced type. As a form: " +
      "the files themselves; several get the same response as a batch. A " +
      "form may have 20 MiB; while the API receives as many forms as it " +
      "has capacity for, another is refused with 503 `too_busy` and " +
      "`Retry-After`. The content decides a file's type; for text, its " +
      "name does. Registering the same bytes again returns the same " +
      "document.",
    request: {
      parameters: [IDEMPOTENCY_KEY],
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: resolver(z.union([uploadRequest, batch])),
            example: {
              filename: "handbook.pdf",
              bytes_len: 51234,
              mime: "application/pdf",
              sha256: "0".repeat(64),
            },
          },
          "multipart/form-data": {
            schema: {
              type: "object",
              properties: {
                file: {
                  description: "The file, or several. `files`, `file[]` and `files[]` are " +
                    "the same.",
                  type: "string",
                  contentMediaType: "application/octet-stream",
                },
                ocr: { type: "string", enum: ["true", "false"] },
                policy_id: { type: "string", maxLength: 128 },
              },
              required: ["file"],
              additionalProperties: false,
            },
          },
        },
      },
    },
    answer: {
      status: 200,
      description: "Registered; for several files, the result of each",
      schema: z.union([uploadAnswer, batchAnswer]),
    },
    errors: [
      ...BODY_ERRORS,
      "invalid_form",
      "monthly_budget_spent",
      "consent_required",
      "duplicate_document",
      "document_refused",
      "idempotency_key_in_use",
      "file_too_large",
      "quota_exceeded",
      "unsupported_type",
      "idempotency_key_reused",
      "daily_limit",
      "storage_unavailable",
      "too_busy",
    ],
    errorSchemas: { 409: z.union([duplicateAnswer, errorAnswer]) },
  };
}
