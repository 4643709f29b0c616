import type postgres from "postgres";
import { type Catalogue, type Column, type Relation, type Routine } from "./catalogue.ts";
import { callableRoutines, ROLE, typeOf } from "./data_api.ts";
import type { Product, Sources } from "./product.ts";

/** The one of the exposed schemas that users read: `schemas` of supabase/config.toml. */
const SCHEMA = "upload_pipeline";

/** Columns whose values are of a type that the client has, wherever they are. */
const CLIENT_TYPES: Record<string, string> = {
  last_error: "LastError",
  state: "State",
  status: "Status",
  waiting_for: "WaitingCode",
  warnings: "Warning[]",
};

/** What the columns of these views never are, although Postgres does not know it: null. */
const ALWAYS_THERE: Record<string, string[]> = {
  document_status: [
    "document_id",
    "user_id",
    "filename",
    "filename_full",
    "mime",
    "bytes_len",
    "job_id",
    "status",
    "state",
    "stage_pct",
    "total_pct",
    "retry_count",
    "warnings",
    "created_at",
    "updated_at",
  ],
};

/** client/src/database.types.ts: what signed-in users may read through the Data API, in the shape that supabase-js takes. */
export async function clientDatabase({ sql, catalogue }: Sources): Promise<Product> {
  const readable = await readableColumns(sql);
  await refuseWrites(sql);
  const functions = (await callableRoutines(sql, catalogue, SCHEMA))
    .map((routine) => functionOf(catalogue, routine)).join(";\n") || NONE;
  const relations = catalogue.relations.filter(({ schema, name }) => schema === SCHEMA && readable.has(name))
    .map((relation) => ({
      ...relation,
      columns: relation.columns.filter(({ name }) => readable.get(relation.name)!.has(name)),
    }));
  const rows = (kind: Relation["kind"]) =>
    relations.filter((relation) => relation.kind === kind)
      .map((relation) =>
        `${relation.name}: {
        Row: {
          ${relation.columns.map((column) => field(catalogue, relation, column)).join(";\n")};
        };
        ${kind === "table" ? "Insert: never; Update: never;\n" : ""}Relationships: [${
          relation.foreignKeys.filter(({ target, columns }) =>
            readable.has(target) && columns.every((column) => readable.get(relation.name)!.has(column))
          ).map(relationship).join(", ")
        }];
      }`
      ).join(";\n") || NONE;
  return {
    path: "client/src/database.types.ts",
    text:
      `// Written by npm run generate from the grants of a database that the migrations have built. Change those, not this file.
import type { LastError, Warning } from "./answers.ts";
import type { State, Status, WaitingCode } from "./vocabulary.ts";

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/**
 * What signed-in users may read of the pipeline through the Data API, each their own rows: \`createClient<Database>(…)\`.
 * All writes go through the pipeline's API.
 */
export type Database = {
  ${SCHEMA}: {
    Tables: { ${rows("table")} };
    Views: { ${rows("view")} };
    Functions: { ${functions} };
    Enums: { ${NONE} };
    CompositeTypes: { ${NONE} };
  };
};
`,
  };
}

const NONE = "[_ in never]: never";

/** The columns that users may read, by relation. */
async function readableColumns(sql: postgres.Sql): Promise<Map<string, Set<string>>> {
  const rows = await sql<{ name: string; column: string }[]>`
    select c.relname as name, a.attname as column
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where n.nspname = ${SCHEMA} and c.relkind in ('r', 'p', 'v', 'm')
      and has_column_privilege(${ROLE}, c.oid, a.attnum, 'select')`;
  const columns = new Map<string, Set<string>>();
  for (const { name, column } of rows) columns.set(name, (columns.get(name) ?? new Set()).add(column));
  return columns;
}

function functionOf(
  catalogue: Catalogue,
  { name, parameters, resultColumns, returnTypeId, returnsSet }: Routine,
): string {
  const args = parameters.map(({ name, typeId, hasDefault }) =>
    `${name}${hasDefault ? "?" : ""}: ${typeOf(catalogue, typeId)}`
  );
  const one = resultColumns.length > 0
    ? `{ ${resultColumns.map(({ name, typeId }) => `${name}: ${typeOf(catalogue, typeId)} | null`).join("; ")} }`
    : typeOf(catalogue, returnTypeId);
  const given = args.length > 0 ? `{ ${args.join("; ")} }` : "Record<never, never>";
  return `${name}: { Args: ${given}; Returns: ${one}${returnsSet ? "[]" : ""} }`;
}

/** The types offer no writes, so there must be none that users are granted. */
async function refuseWrites(sql: postgres.Sql): Promise<void> {
  const granted = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${SCHEMA} and c.relkind in ('r', 'p', 'v', 'm')
      and (has_any_column_privilege(${ROLE}, c.oid, 'insert, update') or has_table_privilege(${ROLE}, c.oid, 'delete'))`;
  if (granted.length > 0) {
    const names = granted.map(({ name }) => name).join(", ");
    throw new Error(`The client's types of the database have no writes, which users are granted on ${names}.`);
  }
}

function field(catalogue: Catalogue, { name: relation, kind }: Relation, { name, typeId, isNullable }: Column): string {
  const mayBeNull = kind === "view" ? !(ALWAYS_THERE[relation] ?? []).includes(name) : isNullable;
  return `${name}: ${CLIENT_TYPES[name] ?? typeOf(catalogue, typeId)}${mayBeNull ? " | null" : ""}`;
}

function relationship({ name, columns, isOneToOne, target, targetColumns }: Relation["foreignKeys"][number]): string {
  return `{ foreignKeyName: ${JSON.stringify(name)}; columns: ${JSON.stringify(columns)}; isOneToOne: ${isOneToOne};
    referencedRelation: ${JSON.stringify(target)}; referencedColumns: ${JSON.stringify(targetColumns)} }`;
}
