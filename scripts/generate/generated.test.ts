import { expect, it } from "vitest";
import { REPOSITORY } from "../deploy/operator.ts";
import { compositeTypes } from "./composite_types.ts";
import { generated } from "./generated.ts";

it("leaves no diff", async () => {
  for (const { path, content } of await generated(REPOSITORY)) {
    expect(await Deno.readTextFile(`${REPOSITORY}/${path}`), path).toBe(
      content,
    );
  }
});

const SQL = `
create type pipeline_internal.part as (n int, words text[]);
create type pipeline_internal.whole as (
  -- One, or
  -- two.
  parts pipeline_internal.part[],
  seconds double precision, more jsonb
);`;

it("writes a composite type with the types that it is made of", () => {
  expect(compositeTypes(SQL, ["whole"])).toContain(`
export interface WholeRow {
  parts: PartRow[] | null;
  seconds: number | null;
  more: unknown;
}

export interface PartRow {
  n: number | null;
  words: string[] | null;
}
`);
});

it("refuses a type that is missing, and a field without a counterpart", () => {
  expect(() => compositeTypes(SQL, ["none"])).toThrow("there is no type none");
  expect(() => compositeTypes(SQL.replace("n int", "n point"), ["part"]))
    .toThrow("part.n: no type for point");
});
