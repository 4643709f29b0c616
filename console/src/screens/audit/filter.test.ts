import { expect, it } from "vitest";
import { argsOf, filterOf, operatorsOf } from "./filter.ts";

const ID = "0d9f1c52-6a0e-4f43-9b0e-2f5b7c1d3a44";

it("takes from the address what it knows, and nothing empty", () => {
  const params = new URLSearchParams({ action: "redrive", actor: " ", other: "x", subject: ` ${ID} ` });
  expect(filterOf(params)).toEqual({ action: "redrive", subject: ID });
});

it("asks for all without a filter", () => {
  expect(Object.values(argsOf({}))).toEqual(Array(7).fill(null));
});

it("asks for each condition", () => {
  const filter = { action: "upload", actor: "user", operator: ID, user: ID, subject: ID, from: "2100-01-01T00:00:00Z" };
  expect(argsOf(filter)).toEqual({
    p_action: "upload",
    p_actor: "user",
    p_operator_id: ID,
    p_user_id: ID,
    p_subject_id: ID,
    p_from: "2100-01-01T00:00:00.000Z",
    p_to: null,
  });
});

it("finds nothing for an id that is none, instead of everything or an error", () => {
  expect(argsOf({ subject: "abc" }).p_subject_id).toBe("00000000-0000-0000-0000-000000000000");
});

it("ignores a time that is none", () => expect(argsOf({ from: "yesterday" }).p_from).toBeNull());

it("names operators by their addresses, or their ids", () => {
  expect(operatorsOf([{ id: "a", email: "ada@example.test" }, { id: "b", email: null }])).toEqual({
    a: "ada@example.test",
    b: "b",
  });
});
