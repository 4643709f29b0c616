import { expect, test } from "vitest";
import { readArray, writeArray } from "./array_types.ts";

test.each([
  ["{}", []],
  ["{1,2,3}", ["1", "2", "3"]],
  ['{a,NULL,"NULL",""}', ["a", null, "NULL", ""]],
  [String.raw`{"a b","c,d","{e}","say \"f\"","g\\h"}`, [
    "a b",
    "c,d",
    "{e}",
    'say "f"',
    "g\\h",
  ]],
  ['{"two\nlines"}', ["two\nlines"]],
])("reads %s", (text, items) => {
  expect(readArray(text, String)).toEqual(items);
});

test("reads each item as its type", () => {
  expect(readArray("{7,NULL,-1}", Number)).toEqual([7, null, -1]);
});

test("throws for an array of arrays", () => {
  expect(() => readArray("{{1,2},{3,4}}", Number)).toThrow(/arrays of arrays/);
});

test.each([
  [[[]], "{}"],
  [[[1, null, "a"]], '{"1",null,"a"}'],
  [[['say "b"', "c\\d", "e,f", ""]], String.raw`{"say \"b\"","c\\d","e,f",""}`],
])("writes %j", ([items], text) => {
  expect(writeArray(items)).toBe(text);
});
