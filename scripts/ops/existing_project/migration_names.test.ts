import { expect, it } from "vitest";
import { nameMigrations } from "./migration_names.ts";

const ADDED = ["20261123000100_extensions.sql", "20261123000200_schemas.sql"];
const named = (...present: string[]) => [...nameMigrations(present, ADDED).values()];

it.each<[string, string[], string[]]>([
  ["keeps the versions in a project without migrations", [], ["20261123000100", "20261123000200"]],
  ["keeps them after older ones", ["20240101000000_a.sql", "README.md"], ["20261123000100", "20261123000200"]],
  ["counts on from a newer one", ["20261231235959_a.sql"], ["20270101000000", "20270101000001"]],
  ["counts on where only the last sorts after", ["20261123000150_a.sql"], ["20261123000151", "20261123000152"]],
  ["counts on from a version that is no time", ["20269999999999_a.sql"], ["20270000000000", "20270000000001"]],
  ["keeps them after short versions", ["0001_a.sql", "0002_b.sql"], ["20261123000100", "20261123000200"]],
  ["counts on from a version with milliseconds", ["20270101000000123_a.sql"], ["20270101000001", "20270101000002"]],
])("%s", (_name, present, versions) => {
  expect(named(...present)).toEqual([
    `${versions[0]}_pipeline_extensions.sql`,
    `${versions[1]}_pipeline_schemas.sql`,
  ]);
  const all = [...present, ...named(...present)].filter((name) => name.endsWith(".sql"));
  expect([...all].sort()).toEqual(all);
});

it.each(["9_a.sql", "99999999999999_a.sql", "99999999999998_a.sql"])("refuses a project with %s", (name) => {
  expect(() => named(name)).toThrow(`No migration can be named so that it sorts after ${name}.`);
});
