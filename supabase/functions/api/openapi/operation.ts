import { describeRoute, resolver } from "hono-openapi";
import type { ZodType } from "zod";
import { errorAnswer } from "../answers.ts";

export type Tag = "Accounts" | "Documents" | "Jobs" | "Search" | "Service";

/** Errors that have a meaning of their own in the document, by status. */
export type ErrorStatus =
  | 400
  | 401
  | 402
  | 403
  | 404
  | 408
  | 409
  | 413
  | 415
  | 422
  | 429
  | 503;

export interface Operation {
  /** Names the operation in generated clients. */
  id: string;
  tag: Tag;
  summary: string;
  description?: string;
  /** Whether it answers people who have not signed in. */
  isPublic?: boolean;
  /** Of a successful answer; no schema where there is no body. */
  answer: {
    status: 200 | 201 | 202 | 204;
    description: string;
    schema?: ZodType;
    /** By default application/json. Of application/x-ndjson the schema is that of each line. */
    mediaType?: string;
    example?: unknown;
  };
  /** The codes of each status, beside those that every operation of its kind has. */
  errors?: Partial<Record<ErrorStatus, string[]>>;
  /** What is not told by the schemas that validate the request. */
  request?: Pick<Description, "parameters" | "requestBody">;
  /** Errors whose bodies have more in them than the usual. */
  errorSchemas?: Partial<Record<ErrorStatus, ZodType>>;
}

type Description = Parameters<typeof describeRoute>[0];
type Responses = NonNullable<Description["responses"]>;

/** What every route with a JSON body refuses. */
export const BODY_ERRORS = {
  400: ["invalid_json"],
  413: ["body_too_large"],
  415: ["unsupported_media_type"],
  422: ["validation_failed"],
};

/** The header by which a request has its effect once. */
export const IDEMPOTENCY_KEY = {
  in: "header" as const,
  name: "Idempotency-Key",
  description:
    "The request has its effect once: for 24 hours its repetitions get the same answer.",
  schema: {
    type: "string" as const,
    pattern: "^[\\x21-\\x7e]{1,255}$",
    minLength: 1,
    maxLength: 255,
  },
};

/** Describes the route in the OpenAPI document. It has no effect on requests. */
export function describe(operation: Operation) {
  return describeRoute(description(operation));
}

export function description(operation: Operation): Description {
  const { id, tag, summary, description, isPublic, request, answer } =
    operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    ...isPublic && { security: [] },
    ...request,
    responses: {
      [answer.status]: {
        description: answer.description,
        headers: {
          "x-request-id": { $ref: "#/components/headers/RequestId" },
          ...!isPublic && RATE_LIMIT_HEADERS,
        },
        ...answer.schema && {
          content: {
            [answer.mediaType ?? "application/json"]: {
              schema: resolver(answer.schema),
              ...answer.example !== undefined && { example: answer.example },
            },
          },
        },
      },
      ...errorResponses(operation),
    },
  };
}

function errorResponses(
  { isPublic, errors = {}, errorSchemas = {} }: Operation,
): Responses {
  const codes: Partial<Record<ErrorStatus | 500, string[]>> = {
    ...errors,
    500: ["internal_error"],
    503: [...errors[503] ?? [], "database_unavailable", "not_configured"],
  };
  // What takes a body does not wait for it for ever.
  if (errors[413]) codes[408] = ["request_timeout"];
  if (!isPublic) {
    codes[401] = ["unauthorized", ...errors[401] ?? []];
    codes[429] = ["rate_limited", ...errors[429] ?? []];
    codes[503]!.push("auth_unavailable");
  }
  return Object.fromEntries(
    Object.entries(codes).map(([status, known]) => {
      const words = known.map((code) => `\`${code}\``).join(", ");
      return [status, {
        description: words,
        headers: {
          "x-request-id": { $ref: "#/components/headers/RequestId" },
          ...["429", "503"].includes(status) && {
            "retry-after": { $ref: "#/components/headers/RetryAfter" },
          },
        },
        content: {
          "application/json": {
            schema: resolver(
              errorSchemas[Number(status) as ErrorStatus] ?? errorAnswer,
            ),
          },
        },
      }];
    }),
  );
}

const RATE_LIMIT_HEADERS = {
  "ratelimit-limit": { $ref: "#/components/headers/RateLimitLimit" },
  "ratelimit-remaining": { $ref: "#/components/headers/RateLimitRemaining" },
  "ratelimit-reset": { $ref: "#/components/headers/RateLimitReset" },
};
