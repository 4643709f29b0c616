import { resolver } from "hono-openapi";
import { z } from "zod";
import { fields } from "../../_shared/fields.ts";
import {
  batchAnswer,
  duplicateAnswer,
  errorAnswer,
  limitsAnswer,
  uploadAnswer,
} from "../answers.ts";
import { BODY_ERRORS, IDEMPOTENCY_KEY, type Operation } from "./operation.ts";

export const uploadLimits: Operation = {
  id: "uploadLimits",
  tag: "Documents",
  summary: "The limits in force, and how one stands with one's budget",
  answer: {
    status: 200,
    description: "Sizes in bytes, times in seconds, money in US cents",
    schema: limitsAnswer,
  },
};

/** @param uploadRequest describes one file */
export function uploadDocument(uploadRequest: z.ZodType): Operation {
  const batch = fields({
    documents: z.array(uploadRequest).min(1).max(50),
  }).meta({ ref: "BatchRequest" });
  return {
    id: "uploadDocument",
    tag: "Documents",
    summary: "Start an upload",
    description:
      "In JSON: one file, or up to 50 under `documents`, each with its own result; the bytes are then PUT to " +
      "`signed_url`, as `application/octet-stream` or as the type that was announced. As a form: the files themselves, " +
      "of which several are answered like a batch; a form may have 20 MiB, and while as many are being received as there is " +
      "room for, another is 503 `too_busy` with `Retry-After`. What a file is, its content says, and of text its name. The same " +
      "bytes registered again are the same document.",
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
                  description:
                    "The file; of several each. `files`, `file[]` and `files[]` are the same.",
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
      description: "Registered; or of several, the result of each",
      schema: z.union([uploadAnswer, batchAnswer]),
    },
    errors: {
      400: [...BODY_ERRORS[400], "invalid_form"],
      402: ["monthly_budget_spent"],
      403: ["consent_required"],
      409: ["duplicate_document", "document_refused", "idempotency_key_in_use"],
      413: [...BODY_ERRORS[413], "file_too_large", "quota_exceeded"],
      415: [...BODY_ERRORS[415], "unsupported_type"],
      422: [...BODY_ERRORS[422], "idempotency_key_reused"],
      429: ["daily_limit"],
      503: ["storage_unavailable", "too_busy"],
    },
    errorSchemas: { 409: z.union([duplicateAnswer, errorAnswer]) },
  };
}
