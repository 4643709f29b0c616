import { describe, expect, it } from "vitest";
import {
  type FailureCode,
  FAILURES,
  HTTP_ERRORS,
  mendedBy,
  NOTICES,
  operatorRemedy,
  SEARCH_REASONS,
  WAITING_FOR,
  WARNINGS,
} from "./error_codes.ts";

const migrations = new URL("../../migrations/", import.meta.url);
const sources = await Promise.all(
  [...Deno.readDirSync(migrations)].map(({ name }) => Deno.readTextFile(new URL(name, migrations))),
);
const search = sources.filter((sql) => sql.includes("create function upload_pipeline.search_chunks")).join("\n");
const codesIn = (sql: string, pattern: RegExp) => [...new Set([...sql.matchAll(pattern)].map(([, code]) => code))];

it("has the notices and reasons of the SQL of search", () => {
  const notices = codesIn(search, /'code', '([A-Z_]+)'/g);
  expect(notices.length).toBe(3);
  expect(notices.filter((code) => !Object.hasOwn(NOTICES, code))).toEqual([]);
  const reasons = codesIn(search, /(?:then|else|when|'reason',) '([A-Z]+(?:_[A-Z]+)*)'/g)
    .filter((code) => !Object.hasOwn(NOTICES, code));
  expect(reasons.toSorted()).toEqual(Object.keys(SEARCH_REASONS).toSorted());
});

it("has no code in two lists with different meanings", () => {
  const lists = [HTTP_ERRORS, WARNINGS, NOTICES, SEARCH_REASONS].flatMap((list) => Object.keys(list));
  const all = [...lists, ...Object.keys(FAILURES)];
  expect(all.filter((code, index) => all.indexOf(code) !== index)).toEqual([]);
  // A worker that was lost is a failure, and a reason to wait for the next attempt.
  expect(Object.keys(WAITING_FOR).filter((code) => all.includes(code))).toEqual(["WORKER_LOST"]);
});

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
