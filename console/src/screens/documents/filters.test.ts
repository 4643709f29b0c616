import { expect, it } from "vitest";
import { argsOf, countText, filterOf } from "./filters.ts";

it("reads the conditions of an address, and leaves out what is empty or unknown", () => {
  const filter = filterOf(new URLSearchParams("status=complete&code=&name=%20report%20&other=1"));
  expect(filter).toEqual({ status: "complete", name: "report" });
  expect(argsOf(filter)).toEqual({ p_status: "complete", p_name: "report" });
});

it("says that a count is incomplete", () => {
  expect(countText({ document_count: 1, has_more: false })).toBe("1 document");
  expect(countText({ document_count: 0, has_more: false })).toBe("0 documents");
  expect(countText({ document_count: 1000, has_more: true })).toBe("more than 1,000 documents");
});
