import { describeRoute, resolver } from "hono-openapi";
import type { ZodType } from "zod";
import { HTTP_ERRORS, type HttpErrorCode, type HttpErrorStatus } from "../../_shared/error_codes.ts";
import { errorAnswer } from "../answers.ts";

export type Tag = "Accounts" | "Documents" | "Jobs" | "Search" | "Service";

export interface Operation {
  /** The operation's name in generated clients. */
  id: string;
  tag: Tag;
  summary: string;
  description?: string;
  /** Whether it answers callers who have not signed in. */
  isPublic?: boolean;
  /** The successful response; without a schema if it has no body. */
  answer: {
    status: 200 | 201 | 202 | 204;
    description: string;
    schema?: ZodType;
    /** By default application/json. For application/x-ndjson the schema is that of each line. */
    mediaType?: string;
    example?: unknown;
  };
  /** Error codes, in addition to those of every operation of its kind. */
  errors?: HttpErrorCode[];
  /** Request parts that the validating schemas do not describe. */
  request?: Pick<Description, "parameters" | "requestBody">;
  /** Errors whose bodies have more fields than usual. */
  errorSchemas?: Partial<Record<HttpErrorStatus, ZodType>>;
}

type Description = Parameters<typeof describeRoute>[0];
type Responses = NonNullable<Description["responses"]>;

/** The errors of every route with a JSON body. */
export const BODY_ERRORS: HttpErrorCode[] = [
  "invalid_json",
  "body_too_large",
  "unsupported_media_type",
  "validation_failed",
];

/** The header that makes a request idempotent. */
export const IDEMPOTENCY_KEY = {
  in: "header" as const,
  name: "Idempotency-Key",
  description: "The request takes effect once: for 24 hours its repetitions get the " +
    "same response.",
  schema: {
    type: "string" as const,
    pattern: "^[\\x21-\\x7e]{1,255}$",
    minLength: 1,
    maxLength: 255,
  },
};

/**
 * Describes the route in the OpenAPI document. It has no effect on requests.
 */
export function describe(operation: Operation) {
  return describeRoute(description(operation));
}

export function description(operation: Operation): Description {
  const { id, tag, summary, description, isPublic, request, answer } = operation;
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

function errorResponses(operation: Operation): Responses {
  const { errorSchemas = {} } = operation;
  const codes = Map.groupBy(
    errorCodes(operation),
    (code) => HTTP_ERRORS[code].status,
  );
  return Object.fromEntries(
    [...codes].map(([status, known]) => {
      const words = known.map((code) => `\`${code}\``).join(", ");
      return [status, {
        description: words,
        headers: {
          "x-request-id": { $ref: "#/components/headers/RequestId" },
          ...[429, 503].includes(status) && {
            "retry-after": { $ref: "#/components/headers/RetryAfter" },
          },
        },
        content: {
          "application/json": {
            schema: resolver(errorSchemas[status] ?? errorAnswer),
          },
        },
      }];
    }),
  );
}

/** The operation's own codes, and those that its kind brings. */
function errorCodes({ isPublic, errors = [] }: Operation): Set<HttpErrorCode> {
  const codes = new Set<HttpErrorCode>(
    isPublic ? errors : ["unauthorized", "rate_limited", ...errors],
  );
  // Routes with a body have a deadline for it.
  if (errors.some((code) => HTTP_ERRORS[code].status === 413)) {
    codes.add("request_timeout");
  }
  codes.add("internal_error").add("database_unavailable").add("not_configured");
  return isPublic ? codes : codes.add("auth_unavailable");
}

const RATE_LIMIT_HEADERS = {
  "ratelimit-limit": { $ref: "#/components/headers/RateLimitLimit" },
  "ratelimit-remaining": { $ref: "#/components/headers/RateLimitRemaining" },
  "ratelimit-reset": { $ref: "#/components/headers/RateLimitReset" },
};
