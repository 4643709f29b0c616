import { z } from "zod";
import { errorOf } from "./field_errors.ts";

// In place of zod's own words, which name types of programs. Schemas may have their own.
z.config({ localeError: errorOf });

/** Characters of an unknown field's name that an error repeats. */
const LONGEST_NAME = 100;

/**
 * A request's object with these fields and no others. A field with another name would have no effect without the sender
 * knowing, so `validationFailed` names it.
 */
export function fields<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape);
}

/** The errors of unknown fields, one each; `within` is the path to the object that contains them. */
export function unknownFields(
  names: readonly string[],
  within: readonly PropertyKey[] = [],
): { path: PropertyKey[]; message: string }[] {
  return names.map((name) => ({
    path: [...within, name.slice(0, LONGEST_NAME).toWellFormed()],
    message: "is unknown; remove it or correct its name",
  }));
}
