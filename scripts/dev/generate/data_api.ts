import type postgres from "postgres";
import type { Catalogue, Routine } from "./catalogue.ts";

/** The role of signed-in users at the Data API. */
export const ROLE = "authenticated";

/** What PostgREST answers for a type of Postgres; all others are text. */
const JSON_TYPES: Record<string, string> = {
  bool: "boolean",
  float4: "number",
  float8: "number",
  int2: "number",
  int4: "number",
  int8: "number",
  json: "Json",
  jsonb: "Json",
  numeric: "number",
  void: "null",
};

/** The TypeScript type of what PostgREST answers. */
export function typeOf(catalogue: Catalogue, id: number): string {
  const type = catalogue.types.get(id);
  if (!type) throw new Error(`The catalogue has no type ${id}.`);
  if (type.kind === "domain") return typeOf(catalogue, type.baseId);
  if (type.elementId) return `${typeOf(catalogue, type.elementId)}[]`;
  return JSON_TYPES[type.name] ?? "string";
}

/** The functions of a schema that signed-in users may call. */
export async function callableRoutines(
  sql: postgres.Sql,
  catalogue: Catalogue,
  schema: string,
): Promise<Routine[]> {
  const rows = await sql<{ called: string }[]>`
    select p.proname || '(' || pg_get_function_arguments(p.oid) || ')' as called from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = ${schema} and p.prorettype <> 'trigger'::regtype
      and has_function_privilege(${ROLE}, p.oid, 'execute')`;
  const callable = rows.map(({ called }) => called);
  return catalogue.routines.filter((routine) =>
    routine.schema === schema && callable.includes(`${routine.name}(${routine.signature})`)
  );
}
