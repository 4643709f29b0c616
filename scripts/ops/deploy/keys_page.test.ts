import { expect, test } from "vitest";
import { ROTATABLE } from "../rotate_secret/rotate.ts";
import { SECRET_NAMES } from "../project/environments.ts";

const DOCS = new URL("../../../docs/", import.meta.url);
const page = await Deno.readTextFile(new URL("keys.md", DOCS));
const keys = page.slice(page.indexOf("## Keys"), page.indexOf("## People"));

/** A key's row: what it opens, where it is stored, how it is replaced. */
function rowOf(name: string): string[] {
  const row = keys.split("\n").find((line) => line.startsWith("| ") && line.split("|")[1].includes(`\`${name}\``));
  expect([name, row]).toEqual([name, expect.any(String)]);
  return row!.split("|").slice(2, -1).map((cell) => cell.trim());
}

test.each([
  ...SECRET_NAMES,
  "OAUTH_<PROVIDER>_SECRET",
  "SUPABASE_DB_PASSWORD",
  "SUPABASE_ACCESS_TOKEN",
])("%s has its purpose, its place and its replacement", (name) => {
  const cells = rowOf(name);
  expect(cells).toHaveLength(3);
  for (const cell of cells) expect(cell).not.toBe("");
});

test.each(Object.keys(ROTATABLE))("%s names its rotation command", (name) => {
  expect(rowOf(name)[2]).toContain(`npm run rotate-secret -- ${name}`);
});
