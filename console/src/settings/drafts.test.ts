import { describe, expect, it } from "vitest";
import { changedOf, conflictsOf, draftOf, enteredOf, faultsOf } from "./drafts.ts";
import type { Setting } from "./setting.ts";

const setting = (given: Partial<Setting> = {}): Setting => ({
  row_key: "true",
  column_name: "max_pages",
  type: "integer",
  value: 200,
  default_value: 200,
  description: "The most pages of a document.",
  rules: ["max_pages > 0"],
  choices: null,
  is_editable: true,
  is_nullable: false,
  version: "a",
  ...given,
});

describe("enteredOf", () => {
  it.each([
    ["300", 300],
    [" 1 000 000 ", 1_000_000],
    ["0.25", 0.25],
    ["1e3", 1000],
    ["-4", -4],
  ])("reads %j as a number", (draft, value) => {
    expect(enteredOf(setting(), draft)).toEqual({ value });
  });

  it.each(["", "abc", "1,5", "0x10", "1e999", "Infinity", "NaN", "9007199254740993"])(
    "asks for a number instead of %j",
    (draft) => {
      expect(enteredOf(setting(), draft)).toEqual({ fault: expect.stringContaining("Enter") });
    },
  );

  it("takes an empty field as nothing where the column may be empty", () => {
    expect(enteredOf(setting({ type: "numeric", is_nullable: true }), " ")).toEqual({ value: null });
    expect(enteredOf(setting({ type: "text", is_nullable: true }), "")).toEqual({ value: null });
    expect(enteredOf(setting({ type: "text" }), "")).toEqual({ value: "" });
  });

  it("reads lists, choices and switches", () => {
    expect(enteredOf(setting({ type: "text[]" }), "de,  ch_sim\nen")).toEqual({ value: ["de", "ch_sim", "en"] });
    expect(enteredOf(setting({ type: "text[]", choices: ["a", "b"] }), "a, b")).toEqual({ value: ["a", "b"] });
    expect(enteredOf(setting({ type: "text[]" }), "")).toEqual({ value: [] });
    expect(enteredOf(setting({ type: "boolean" }), "false")).toEqual({ value: false });
  });

  it.each([
    [setting()],
    [setting({ type: "boolean", value: true })],
    [setting({ type: "text[]", value: ["de", "en"] })],
    [setting({ type: "numeric", value: null, is_nullable: true })],
    [setting({ type: "real", value: 0.2 })],
  ])("reads back what a control shows: %j", (given) => {
    expect(enteredOf(given, draftOf(given))).toEqual({ value: given.value });
  });
});

describe("changedOf", () => {
  const seen = { max_pages: { value: 200, version: "a" } };

  it("leaves out what was not touched and what is as before", () => {
    expect(changedOf([setting()], {}, seen).size).toBe(0);
    expect(changedOf([setting()], { max_pages: "200 " }, seen).size).toBe(0);
  });

  it("keeps changes and what cannot be read", () => {
    expect(changedOf([setting()], { max_pages: "300" }, seen)).toEqual(new Map([["max_pages", { value: 300 }]]));
    expect(changedOf([setting()], { max_pages: "many" }, seen).get("max_pages")).toHaveProperty("fault");
  });
});

describe("conflictsOf", () => {
  const seen = { max_pages: { value: 200, version: "a" } };

  it("finds a drafted column that was changed since", () => {
    const now = setting({ value: 250, version: "b" });
    expect(conflictsOf([now], { max_pages: "300" }, seen)).toEqual([now]);
  });

  it("ignores columns that the operator does not change, or that are as seen", () => {
    expect(conflictsOf([setting({ version: "b" })], {}, seen)).toEqual([]);
    expect(conflictsOf([setting()], { max_pages: "300" }, seen)).toEqual([]);
  });
});

describe("faultsOf", () => {
  it("reads the faults by column", () => {
    expect(faultsOf('{"max_pages": "must have a value"}')).toEqual({ max_pages: "must have a value" });
  });

  it("finds none in the detail of another error", () => {
    for (const details of [null, "", "Failing row contains (1).", "[]", "null", '{"max_pages": 300}']) {
      expect(faultsOf(details)).toEqual({});
    }
  });
});
