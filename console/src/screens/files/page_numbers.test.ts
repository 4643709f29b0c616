import { expect, it } from "vitest";
import { readPages } from "./page_numbers.ts";

it.each<[string, number[] | null]>([
  ["", []],
  ["  ", []],
  ["7", [7]],
  ["1-3, 7", [1, 2, 3, 7]],
  ["7;2–3 1", [1, 2, 3, 7]],
  ["3,3,2-4", [2, 3, 4]],
  ["0", null],
  ["3-1", null],
  ["all", null],
  ["1-", null],
  ["-1", null],
  ["1.5", null],
  ["1-999999", null],
])("reads %j as %j", (text, pages) => {
  expect(readPages(text)).toEqual(pages);
});
