import { describe, expect, it } from "vitest";
import type { Setting } from "../../settings/setting.ts";
import { found, grouped } from "./groups.ts";

const setting = (column_name: string, description = "") => ({ column_name, description }) as Setting;
const namesOf = (groups: { settings: Setting[] }[]) =>
  groups.flatMap(({ settings }) => settings.map((s) => s.column_name));

describe("grouped", () => {
  it("shows a column that it does not know, last", () => {
    const groups = grouped([setting("added_later"), setting("max_pages"), setting("live_status")]);
    expect(groups.map(({ title }) => title)).toEqual(["Files", "Live status", "Further limits"]);
    expect(groups.at(-1)!.settings).toEqual([setting("added_later")]);
  });

  it("shows each column once, and no group without one", () => {
    const columns = ["max_pages", "x", "bytes_per_user", "ocr_languages", "y"];
    expect(namesOf(grouped(columns.map((name) => setting(name)))).sort()).toEqual(columns.toSorted());
    expect(grouped([])).toEqual([]);
  });
});

describe("found", () => {
  const groups = grouped([
    setting("max_pages", "The most pages of a document."),
    setting("pages_per_user_per_day", "Pages that LlamaParse is asked to read."),
    setting("live_status", "Whether Realtime broadcasts."),
  ]);

  it.each([
    ["", ["max_pages", "pages_per_user_per_day", "live_status"]],
    ["PAGES", ["max_pages", "pages_per_user_per_day"]],
    ["llamaparse pages", ["pages_per_user_per_day"]],
    ["max pages", ["max_pages"]],
    ["users day", ["pages_per_user_per_day"]],
    ["nothing like it", []],
  ])("finds by name, meaning and group: %j", (words, names) => {
    expect(namesOf(found(groups, words))).toEqual(names);
  });
});
