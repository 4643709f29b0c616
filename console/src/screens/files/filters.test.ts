import { expect, it } from "vitest";
import { isFiltered, listOptions, readFilters } from "./filters.ts";

const read = (query: string) => readFilters(new URLSearchParams(query));

it("reads what the address says", () => {
  expect(read("q=résumé&state=deadletter&sort=filename.asc")).toEqual({
    q: "résumé",
    state: "deadletter",
    sort: "filename.asc",
  });
});

it("shows all, the newest first, when the address says nothing or what makes no sense", () => {
  for (const query of ["", "state=lost&sort=size.desc"]) {
    expect(read(query)).toEqual({ q: "", state: "", sort: "created_at.desc" });
    expect(isFiltered(read(query))).toBe(false);
  }
});

it("asks for what is filtered, and for nothing else", () => {
  expect(listOptions(read(""))).toEqual({ sort: "created_at", order: "desc" });
  expect(listOptions(read("q=%20report%20&state=done&sort=filename.desc"))).toEqual({
    sort: "filename",
    order: "desc",
    q: "report",
    state: "done",
  });
});
