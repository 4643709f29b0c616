import { describe, expect, it } from "vitest";
import { type FailureCode, FAILURES, mendedBy, operatorRemedy } from "./error_codes.ts";

const CODES = Object.keys(FAILURES) as FailureCode[];

describe("who mends a failure", () => {
  it.each(CODES.filter((code) => FAILURES[code].class === "document"))("is the owner for %s", (code) => {
    expect(mendedBy(code)).toBe("owner");
  });

  it.each(CODES.filter((code) => mendedBy(code) === "owner"))("leaves %s out of an operator's work", (code) => {
    expect(operatorRemedy(code)).toBeUndefined();
    expect(FAILURES[code].remedy).not.toMatch(/operator|redrive|API_KEY/i);
    expect(FAILURES[code].remedy).toMatch(/^[A-Z].*\.$/);
  });

  it.each(CODES.filter((code) => mendedBy(code) === "operator"))("does not ask for another file for %s", (code) => {
    expect(FAILURES[code].remedy).not.toMatch(/upload|save the/i);
    // What every failure of its kind has in common is no remedy of this one.
    expect(operatorRemedy(code) ?? "").not.toMatch(/The pipeline retries|Documents wait|[Oo]perator|\. |^Retry/);
  });

  it("names the setting or the account for what a provider refuses", () => {
    expect(operatorRemedy("LLAMAPARSE_UNAUTHORIZED")).toBe("Replace LLAMAPARSE_API_KEY.");
    expect(operatorRemedy("OPENAI_OUT_OF_CREDIT")).toBe("Add credit or raise the limit.");
    expect(operatorRemedy("LLAMAPARSE_UNAVAILABLE")).toBeUndefined();
  });
});
