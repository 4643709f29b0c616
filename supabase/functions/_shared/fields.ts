import { z } from "zod";

/** Characters of an unknown field's name that an error repeats. */
const LONGEST_NAME = 100;

/**
 * A request's object that has these fields and no others. What is sent under another name would have no effect, and its
 * sender would not know: `validationFailed` names it.
 */
export function fields<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape);
}

/** What is wrong with fields that nobody knows, one each; where in the request they are stands before their names. */
export function unknownFields(
  names: readonly string[],
  within: readonly PropertyKey[] = [],
): { path: PropertyKey[]; message: string }[] {
  return names.map((name) => ({
    path: [...within, name.slice(0, LONGEST_NAME).toWellFormed()],
    message: "is no field of this request; leave it out or correct its name",
  }));
}
