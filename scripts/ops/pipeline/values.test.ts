import { expect, it } from "vitest";
import { readPages } from "./values.ts";

it.each<[string, "unread" | number[]]>([
  ["unread", "unread"],
  ["13", [13]],
  ["1,3-5", [1, 3, 4, 5]],
  [" 2 , 7-7", [2, 7]],
])("the pages %j are %j", (text, pages) => {
  expect(readPages(text)).toEqual(pages);
});

it.each(["", "0", "1,", "3-1", "1-", "-1", "1.5", "all", "1-10001"])(
  "%j is not a page list",
  (text) => expect(() => readPages(text)).toThrow("Use unread"),
);
