import { type Catalogue, type Column, SCHEMAS } from "./catalogue.ts";
import type { Product, Sources } from "./product.ts";

const HEAD =
  `// Written by npm run generate from the catalogue of a database that the migrations have built. Change those, not this file.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/**
 * What a value becomes on its way to TypeScript, where that depends on the way.
 */
interface Wire {
  bigint: unknown;
  numeric: unknown;
  time: unknown;
  bytes: unknown;
  /** Composites, and arrays that are not of the types in array_types.ts. */
  other: unknown;
}

/** As PostgREST answers: JSON. */
interface OverHttp extends Wire {
  bigint: number;
  numeric: number;
  time: string;
  bytes: string;
  other: Json;
}

/** As our driver answers. */
interface OverPostgres extends Wire {
  bigint: string;
  numeric: string;
  time: Date;
  bytes: Uint8Array;
  other: string;
}

/** As supabase-js takes it: \`createClient<Database>(…)\`. */
export type Database = Schemas<OverHttp>;

type Stored = Schemas<OverPostgres>;
type Rows<S extends keyof Stored> = Stored[S]["Tables"] & Stored[S]["Views"];

/** A row of a table or view, as a query of ours answers it. */
export type Row<S extends keyof Stored, R extends keyof Rows<S>> = Rows<S>[R] extends { Row: infer T } ? T : never;

/** What a function answers a query of ours: for one that answers rows, one of them. */
export type Result<S extends keyof Stored, F extends keyof Stored[S]["Functions"]> =
  Stored[S]["Functions"][F] extends { Returns: infer T } ? T extends (infer R extends object)[] ? R : T : never;
`;

/**
 * Types whose values depend on the way; all that are in none of these are text.
 */
const BY_WIRE: Record<string, string> = {
  int8: `W["bigint"]`,
  numeric: `W["numeric"]`,
  date: `W["time"]`,
  timestamp: `W["time"]`,
  timestamptz: `W["time"]`,
  bytea: `W["bytes"]`,
};
const FIXED: Record<string, string> = {
  bool: "boolean",
  int2: "number",
  int4: "number",
  oid: "number",
  float4: "number",
  float8: "number",
  json: "Json",
  jsonb: "Json",
  void: "undefined",
  record: "Record<string, unknown>",
};
/** Whose arrays the driver reads. */
const READ_IN_ARRAYS = ["int2", "int4", "int8", "text", "varchar", "uuid"];

/** The types of every table, view and function, in the shape that supabase-js takes. */
export function databaseTypes({ catalogue }: Sources): Product {
  const typed = SCHEMAS.map((schema) => `
  ${schema}: {
    Tables: {${tables(catalogue, schema)}};
    Views: {${views(catalogue, schema)}};
    Functions: {${functions(catalogue, schema)}};
    Enums: {${enums(catalogue, schema)}};
    CompositeTypes: {${composites(catalogue, schema)}};
  };`);
  return {
    path: "supabase/functions/_shared/database.types.ts",
    text: `${HEAD}
export interface Schemas<W extends Wire> {${typed.join("")}
}
`,
  };
}

const NONE = "[_ in never]: never";

function tables(catalogue: Catalogue, schema: string): string {
  return lines(
    relations(catalogue, schema, "table").map((
      { name, columns, foreignKeys },
    ) => {
      const relationships = foreignKeys
        .filter(({ targetSchema }) => targetSchema === schema)
        .map(({ name, columns, isOneToOne, target, targetColumns }) =>
          `{ foreignKeyName: ${quote(name)}; columns: ${
            tuple(columns)
          }; isOneToOne: ${isOneToOne}; referencedRelation: ${quote(target)}; referencedColumns: ${
            tuple(targetColumns)
          } }`
        );
      return `${name}: {
        Row: { ${columns.map((column) => field(catalogue, column)).join("; ")} };
        Insert: { ${columns.map((column) => insertField(catalogue, column)).join("; ")} };
        Update: Partial<Schemas<W>[${quote(schema)}]["Tables"][${quote(name)}]["Insert"]>;
        Relationships: [${relationships.join(", ")}];
      }`;
    }),
  );
}

function views(catalogue: Catalogue, schema: string): string {
  return lines(
    relations(catalogue, schema, "view").map(({ name, columns }) =>
      `${name}: { Row: { ${columns.map((column) => field(catalogue, column)).join("; ")} }; Relationships: [] }`
    ),
  );
}

function functions(catalogue: Catalogue, schema: string): string {
  const callable = catalogue.routines.filter((routine) => routine.schema === schema && routine.returns !== "trigger");
  const names = [...new Set(callable.map(({ name }) => name))];
  return lines(names.map((name) => {
    const overloads = callable.filter((routine) => routine.name === name)
      .map(({ parameters, resultColumns, returnTypeId, returnsSet }) => {
        const args = parameters.map(({ name, typeId, hasDefault }) =>
          `${name}${hasDefault ? "?" : ""}: ${typeOf(catalogue, typeId)}`
        );
        const one = resultColumns.length > 1 ||
            (resultColumns.length === 1 && returnsSet)
          ? `{ ${resultColumns.map(({ name, typeId }) => `${name}: ${typeOf(catalogue, typeId)}`).join("; ")} }`
          : rowOf(catalogue, returnTypeId) ?? typeOf(catalogue, returnTypeId);
        return `{ Args: ${args.length > 0 ? `{ ${args.join("; ")} }` : "never"}; Returns: ${
          returnsSet ? arrayOf(one) : one
        } }`;
      });
    return `${name}: ${overloads.join(" | ")}`;
  }));
}

function enums(catalogue: Catalogue, schema: string): string {
  return lines(
    [...catalogue.types.values()]
      .filter((type) => type.schema === schema && type.kind === "enum")
      .toSorted((a, b) => a.name < b.name ? -1 : 1)
      .map(({ name, labels }) => `${name}: ${labels.map(quote).join(" | ")}`),
  );
}

function composites(catalogue: Catalogue, schema: string): string {
  return lines(
    relations(catalogue, schema, "composite").map(({ name, columns }) =>
      `${name}: { ${columns.map((column) => field(catalogue, column)).join("; ")} }`
    ),
  );
}

function relations(catalogue: Catalogue, schema: string, kind: string) {
  return catalogue.relations.filter((relation) => relation.schema === schema && relation.kind === kind);
}

function field(catalogue: Catalogue, { name, typeId, isNullable }: Column) {
  return `${name}: ${typeOf(catalogue, typeId)}${isNullable ? " | null" : ""}`;
}

function insertField(catalogue: Catalogue, column: Column): string {
  if (column.isGenerated) return `${column.name}?: never`;
  const isOptional = column.isNullable || column.hasDefault;
  const written = field(catalogue, column);
  return isOptional ? written.replace(": ", "?: ") : written;
}

function typeOf(catalogue: Catalogue, id: number): string {
  const type = catalogue.types.get(id);
  if (!type) throw new Error(`The catalogue has no type ${id}.`);
  if (type.kind === "domain") return typeOf(catalogue, type.baseId);
  if (type.kind === "enum") return type.labels.map(quote).join(" | ");
  if (type.kind === "composite") return `W["other"]`;
  if (type.elementId) {
    const element = catalogue.types.get(type.elementId)!;
    if (!READ_IN_ARRAYS.includes(element.name)) return `W["other"]`;
    return `${typeOf(catalogue, element.id)}[]`;
  }
  return BY_WIRE[type.name] ?? FIXED[type.name] ?? "string";
}

/** A function that returns a composite returns its columns. */
function rowOf(catalogue: Catalogue, id: number): string | undefined {
  const type = catalogue.types.get(id);
  if (type?.kind !== "composite") return undefined;
  const relation = catalogue.relations.find(({ schema, name }) => schema === type.schema && name === type.name);
  if (!relation) return undefined;
  const columns = relation.columns.map((column) => field(catalogue, column));
  return `{ ${columns.join("; ")} }`;
}

function arrayOf(type: string): string {
  const isUnion = !type.startsWith("{") && type.includes("|");
  return isUnion ? `(${type})[]` : `${type}[]`;
}

function lines(entries: string[]): string {
  return entries.length > 0 ? `${entries.join(";\n")};` : NONE;
}

const quote = (text: string) => JSON.stringify(text);
const tuple = (names: string[]) => `[${names.map(quote).join(", ")}]`;
