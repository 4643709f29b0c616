import type { Catalogue, Routine } from "./catalogue.ts";
import { callableRoutines, typeOf } from "./data_api.ts";
import type { Product, Sources } from "./product.ts";

/** The schema of the operators' functions: see supabase/migrations/…_console.sql. */
const SCHEMA = "pipeline_console";

/** console/src/database.types.ts: what operators may call through the Data API. */
export async function consoleDatabase({ sql, catalogue }: Sources): Promise<Product> {
  const functions = (await callableRoutines(sql, catalogue, SCHEMA)).map((routine) => functionOf(catalogue, routine));
  return {
    path: "console/src/database.types.ts",
    text: `// Written by npm run generate from a database that the migrations have built. Change those, not this file.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/** The operators' functions: the schema ${SCHEMA}. */
export interface Functions {
  ${functions.join(";\n")};
}
`,
  };
}

/**
 * Postgres does not know whether a column of `returns table` can be null, so the function's comment says it, as
 * `@nullable column, …`, and as `column[]` that elements of its arrays can be; a test compares that with what the functions answer.
 */
export function functionOf(
  catalogue: Catalogue,
  { name, comment, parameters, resultColumns, returnTypeId, returnsSet }: Routine,
): string {
  const nullable = nullableOf(comment);
  const known = resultColumns.length > 0 ? resultColumns.map((column) => column.name) : ["result"];
  const unknown = nullable.filter((column) => !known.includes(column.replace("[]", "")));
  if (unknown.length > 0) throw new Error(`${SCHEMA}.${name} has no ${unknown.join(", ")}, which @nullable names.`);
  const of = (column: string, typeId: number) => {
    const type = typeOf(catalogue, typeId);
    const full = nullable.includes(`${column}[]`) ? type.replace(/^(.+)\[\]$/, "($1 | null)[]") : type;
    return `${full}${nullable.includes(column) ? " | null" : ""}`;
  };

  const args = parameters.map(({ name, typeId, hasDefault, isOptional }) =>
    `${name}${hasDefault ? "?" : ""}: ${typeOf(catalogue, typeId)}${isOptional ? " | null" : ""}`
  );
  const one = resultColumns.length > 0
    ? `{ ${resultColumns.map((column) => `${column.name}: ${of(column.name, column.typeId)}`).join("; ")} }`
    : of("result", returnTypeId);
  const returns = returnsSet ? (resultColumns.length > 0 || !one.includes("|") ? `${one}[]` : `(${one})[]`) : one;
  return `${name}: { Args: ${
    args.length > 0 ? `{ ${args.join("; ")} }` : "Record<never, never>"
  }; Returns: ${returns} }`;
}

/** The columns that a comment calls nullable; of a function that returns one value, `result`. */
export function nullableOf(comment: string | null): string[] {
  const [, list] = /@nullable ([a-z0-9_]+(?:\[\])?(?:, [a-z0-9_]+(?:\[\])?)*)/.exec(comment ?? "") ?? [];
  return list?.split(", ") ?? [];
}
