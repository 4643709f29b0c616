import type { z } from "zod";

/** What zod found wrong with a value, for schemas that have no words of their own: the rest of a sentence about it. */
export function errorOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be ${KINDS[issue.expected] ?? "of another kind"}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(quoted).join(", ")}`;
    case "too_small":
      return atLeast(issue);
    case "too_big":
      return atMost(issue);
    case "invalid_format":
      return `must be ${FORMATS[issue.format] ?? "written in another form"}`;
    case "unrecognized_keys":
      return `has fields that are unknown: ${issue.keys.join(", ")}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    default:
      return issue.input === undefined ? "is missing" : "is not valid";
  }
}

const KINDS: Record<string, string> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  string: "a text",
};

const FORMATS: Record<string, string> = {
  datetime: "a time in ISO 8601 with its offset, such as 2026-01-31T08:30:00Z",
  email: "an email address",
  guid: "a UUID",
  uuid: "a UUID",
  url: "a URL",
};

function atLeast({ origin, minimum, inclusive = true }: z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall>): string {
  if (origin === "string") return minimum === 1 ? "must not be empty" : `must have at least ${minimum} characters`;
  if (origin === "array") return `must have at least ${counted(Number(minimum), "item")}`;
  return `must be ${inclusive ? "at least" : "more than"} ${minimum}`;
}

function atMost({ origin, maximum, inclusive = true }: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig>): string {
  if (origin === "string") return `must have at most ${counted(Number(maximum), "character")}`;
  if (origin === "array") return `must have at most ${counted(Number(maximum), "item")}`;
  // JavaScript counts exactly only up to there.
  if (maximum === Number.MAX_SAFE_INTEGER) return "must be a smaller number";
  return `must be ${inclusive ? "at most" : "less than"} ${maximum}`;
}

function counted(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

const quoted = (value: unknown) => typeof value === "string" ? `\`${value}\`` : String(value);
