import type { Catalogue, Relation } from "./catalogue.ts";
import { LISTED_SCHEMAS, SCHEMAS } from "./catalogue.ts";
import { code, page, table } from "./markdown.ts";
import type { Product, Sources } from "./product.ts";

/** docs/reference/schema.md: entity diagrams, and each table and view with its comment. */
export async function schemaPage(
  { sql, catalogue }: Sources,
): Promise<Product> {
  const schemas = await sql<{ name: string; comment: string | null }[]>`
    select nspname as name, obj_description(oid, 'pg_namespace') as comment
    from pg_namespace where nspname = any (string_to_array(${LISTED_SCHEMAS}, ','))`;
  const sections = SCHEMAS.map((schema) => {
    const comment = schemas.find(({ name }) => name === schema)?.comment;
    return [
      `## ${schema}`,
      ...comment ? [comment] : [],
      ...diagramOf(catalogue, schema),
      ...listOf(catalogue, schema, "table"),
      ...listOf(catalogue, schema, "view"),
    ].join("\n\n");
  });
  return {
    path: "docs/reference/schema.md",
    text: page(
      "Schema",
      "the database's catalogue",
      "[schema.sql](schema.sql) has the definitions, of functions too. A line leads from a foreign key to the table that it refers to.",
      ...sections,
    ),
  };
}

function diagramOf(catalogue: Catalogue, schema: string): string[] {
  const tables = relations(catalogue, schema, "table");
  if (tables.length === 0) return [];
  const entities = tables.map((relation) =>
    `  ${relation.name} {\n${
      relation.columns.map((column) => `    ${word(column.type)} ${column.name}${keys(relation, column.name)}`).join(
        "\n",
      )
    }\n  }`
  );
  const links = tables.flatMap(({ name, foreignKeys, columns }) =>
    foreignKeys.map((key) => {
      const target = key.targetSchema === schema ? key.target : `${key.targetSchema}_${key.target}`;
      const isOptional = columns.some((column) => key.columns.includes(column.name) && column.isNullable);
      return `  ${name} ${key.isOneToOne ? "|o" : "}o"}--${isOptional ? "o|" : "||"} ${target} : ${
        key.columns.join("_")
      }`;
    })
  );
  return [
    ["```mermaid", "erDiagram", ...entities, ...links, "```"].join("\n"),
  ];
}

function keys({ primaryKey, foreignKeys }: Relation, column: string): string {
  const marks = [
    ...primaryKey.includes(column) ? ["PK"] : [],
    ...foreignKeys.some(({ columns }) => columns.includes(column)) ? ["FK"] : [],
  ];
  return marks.length > 0 ? ` ${marks.join(", ")}` : "";
}

/** Mermaid takes a type of one word. */
function word(type: string): string {
  return type.replace("timestamp with time zone", "timestamptz")
    .replace("double precision", "float8")
    .replaceAll(/[^\w\[\]]+/g, "_");
}

function listOf(
  catalogue: Catalogue,
  schema: string,
  kind: "table" | "view",
): string[] {
  const listed = relations(catalogue, schema, kind);
  if (listed.length === 0) return [];
  return [
    table(
      [kind, "what it holds"],
      listed.map(({ name, comment }) => [code(name), comment ?? ""]),
    ),
  ];
}

function relations(catalogue: Catalogue, schema: string, kind: string) {
  return catalogue.relations.filter((relation) => relation.schema === schema && relation.kind === kind);
}
