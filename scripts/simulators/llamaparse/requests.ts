import { z } from "zod";

/** One endpoint to tell about a job; both APIs share its fields. */
export const webhookConfiguration = z.object({
  webhook_url: z.url().nullish(),
  webhook_events: z.array(z.string()).nullish(),
  webhook_headers: z.record(z.string(), z.coerce.string()).nullish(),
  webhook_output_format: z.enum(["json", "string"]).nullish(),
  webhook_signing_secret: z.string().nullish(),
});

export type WebhookConfiguration = z.infer<typeof webhookConfiguration>;

const pageList = /^\d+(-\d+)?(,\d+(-\d+)?)*$/;

/**
 * What a v2 job may be asked for. Fields that the simulator has no use for (OCR, prompts, …) are
 * accepted and do nothing.
 */
export const parseConfiguration = z.looseObject({
  tier: z.enum(["fast", "cost_effective", "agentic", "agentic_plus"]),
  version: z.string().regex(/^(latest|\d{4}-\d{2}-\d{2})$/, {
    error: 'must be "latest" or a dated version',
  }),
  file_id: z.string().nullish(),
  source_url: z.string().nullish(),
  page_ranges: z.looseObject({
    max_pages: z.int().positive().nullish(),
    target_pages: z.string().regex(pageList).nullish(),
  }).optional(),
  user_metadata: z.record(z.string(), z.string()).nullish(),
  webhook_configurations: z.array(webhookConfiguration).optional(),
});

export type ParseConfiguration = z.infer<typeof parseConfiguration>;

/** The answer to a bad request, in LlamaCloud's form (FastAPI's). */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly status: 400 | 401 | 404 | 422 | 429,
    readonly detail: unknown,
  ) {
    super(typeof detail === "string" ? detail : JSON.stringify(detail));
  }
}

/** Checks a part of a request. Throws `ApiError` 422 with one entry for each problem. */
export function validate<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ApiError(
    422,
    parsed.error.issues.map((issue) => ({
      type: issue.code,
      loc: ["body", ...issue.path],
      msg: issue.message,
    })),
  );
}

/** Reads JSON that came as a form's text field. Throws `ApiError` 422. */
export function parseJsonField(name: string, text: unknown): unknown {
  try {
    if (typeof text !== "string") throw new TypeError("missing");
    return JSON.parse(text);
  } catch {
    throw new ApiError(422, [{
      type: "json_invalid",
      loc: ["body", name],
      msg: "must be JSON",
    }]);
  }
}
