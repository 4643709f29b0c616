import { validator } from "hono-openapi";
import { z, type ZodType } from "zod";
import { unknownFields } from "../_shared/fields.ts";
import { validationFailed } from "../_shared/validation.ts";

/** Validates the query string; `c.req.valid("query")` is its output. 422 `validation_failed`. */
export function queryParams<T extends ZodType>(schema: T) {
  return validator("query", schema, (result) => {
    if (!result.success) throw validationFailed({ issues: result.error });
  });
}

/** Parameters that the platform's own clients add for the platform. */
const PLATFORM_PARAMS = ["forceFunctionRegion"];

/** A query with these parameters and no others; 422 names any other. */
export function queryFields<T extends z.ZodRawShape>(shape: T) {
  const known = [...Object.keys(shape), ...PLATFORM_PARAMS];
  return z.looseObject(shape).superRefine((query, context) => {
    const names = Object.keys(query).filter((name) => !known.includes(name));
    for (const { path, message } of unknownFields(names)) {
      context.addIssue({ code: "custom", path, message });
    }
  });
}

/** How many items a page of a list has. */
export const pageSize = wholeNumber(1, 100).default(20);

/** A number written in digits alone, within these bounds. */
export function wholeNumber(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z.string().regex(/^\d{1,10}$/, message).transform(Number)
    .refine((number) => number >= least && number <= most, message)
    .meta({ description: `A whole number from ${least} to ${most}.` });
}
