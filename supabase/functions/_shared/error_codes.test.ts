import { expect, it } from "vitest";
import { FAILURES, HTTP_ERRORS, NOTICES, SEARCH_REASONS, WAITING_FOR, WARNINGS } from "./error_codes.ts";

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
