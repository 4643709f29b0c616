import { z } from "zod";

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
  throw new ApiError(422, parsed.error.issues.flatMap(problems));
}

function problems(issue: z.core.$ZodIssue) {
  const loc = ["body", ...issue.path];
  return issue.code === "unrecognized_keys"
    ? issue.keys.map((key) => ({
      type: "extra_forbidden",
      loc: [...loc, key],
      msg: "Extra inputs are not permitted",
    }))
    : [{ type: issue.code, loc, msg: issue.message }];
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
