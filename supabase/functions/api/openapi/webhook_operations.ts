import type { HttpErrorCode } from "../../_shared/error_codes.ts";
import { resolver } from "hono-openapi";
import { z } from "zod";
import { callbackBody } from "../../webhook/event.ts";
import type { Operation } from "./operation.ts";

const deliveryAnswer = z.object({
  status: z.enum(["accepted", "duplicate", "unknown_job", "ignored"]),
}).meta({ ref: "Delivery" });

const DELIVERY_ERRORS: HttpErrorCode[] = [
  "invalid_json",
  "invalid_signature",
  "body_too_large",
  "too_busy",
];

const DELIVERY: Omit<Operation, "id" | "summary"> = {
  tag: "Service",
  description: "The body is signed: `LC-Signature: sha256=<HMAC-SHA256 of the raw " +
    "body in hexadecimal>`. Every authentic callback is recorded and then " +
    "answered 200; processing follows later.",
  isPublic: true,
  request: {
    parameters: [{
      in: "header",
      name: "LC-Signature",
      schema: { type: "string" },
      example: `sha256=${"0".repeat(64)}`,
    }],
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: resolver(callbackBody),
          example: {
            event_id: "evt_1",
            event_type: "parse.success",
            data: { job_id: "5f0cbd4b-5b5b-4f5e-9d5c-000000000000" },
          },
        },
      },
    },
  },
  answer: {
    status: 200,
    description: "The outcome of the callback",
    schema: deliveryAnswer,
    example: { status: "accepted" },
  },
  errors: DELIVERY_ERRORS,
};

export interface WebhookRoute {
  method: "get" | "post";
  path: string;
  operation: Operation;
}

/** The routes of the function `webhook`. They belong to the same document although another function serves them. */
export const WEBHOOK_ROUTES: WebhookRoute[] = [
  {
    method: "post",
    path: "/webhook/llamaparse",
    operation: {
      ...DELIVERY,
      id: "receiveCallback",
      summary: "Receive LlamaParse's callbacks",
    },
  },
  {
    method: "post",
    path: "/webhook/llamaparse/:job_id",
    operation: {
      ...DELIVERY,
      id: "receiveCallbackOfJob",
      summary: "Receive LlamaParse's callbacks about one job, signed with the " +
        "job's own secret",
      errors: [...DELIVERY_ERRORS, "not_found"],
    },
  },
  {
    method: "get",
    path: "/webhook/status",
    operation: {
      id: "webhookStatus",
      tag: "Service",
      summary: "Whether the webhook receiver works",
      isPublic: true,
      answer: {
        status: 200,
        description: "It can record. For callers with METRICS_SECRET as their bearer " +
          "token: the last delivery, and the counts of 24 hours",
        schema: z.object({
          status: z.literal("ok"),
          last_delivery_at: z.date().nullable().optional(),
          deliveries_24h: z.int().min(0).optional(),
          refused_24h: z.int().min(0).optional(),
        }).meta({ ref: "WebhookStatus" }),
      },
    },
  },
  {
    method: "get",
    path: "/webhook/test",
    operation: {
      id: "webhookTest",
      tag: "Service",
      summary: "Whether the webhook receiver can be reached",
      isPublic: true,
      answer: {
        status: 200,
        description: "It can be reached",
        schema: z.object({ status: z.literal("ok"), message: z.string() }),
      },
    },
  },
];
