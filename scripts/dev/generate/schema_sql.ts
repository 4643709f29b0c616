import { findPostgresClient } from "../../ops/backup/postgres_client.ts";
import { SCHEMAS } from "./catalogue.ts";
import type { Product, Sources } from "./product.ts";

const HEAD =
  `-- What the database holds when every migration is applied: the current truth of each table, type, function, view and grant.
-- Written by npm run generate; pg_dump wrote the statements. Each object has what belongs to it beside it: comments,
-- constraints, indexes, triggers, policies and grants. It is for reading: change a migration, not this file.
`;

/** What pg_dump says above each statement. */
const ENTRY = /^--\n-- Name: (.+); Type: (.+); Schema: (\S+); Owner: .*\n--\n/m;

interface Entry {
  /** The object that the statement belongs to, such as \`upload_pipeline.documents\`. */
  object: string;
  kind: string;
  statement: string;
}

/** docs/reference/schema.sql: the definitions of everything in the project's schemas. */
export async function schemaSql({ databaseUrl }: Sources): Promise<Product> {
  const entries = parse(await dump(databaseUrl));
  const objects = Map.groupBy(entries, ({ object }) => object);
  const kinds = new Map(
    [...objects].map(([object, [first]]) => [object, first.kind]),
  );
  const sections = SCHEMAS.map((schema) => {
    const own = [...objects].filter(([object]) => object === schema || object.startsWith(`${schema}.`)).toSorted((
      [a],
      [b],
    ) => rank(kinds.get(a)!) - rank(kinds.get(b)!) || (a < b ? -1 : 1));
    return own.map(([, entries]) => entries.map(({ statement }) => statement).join("\n")).join("\n\n");
  });
  return {
    path: "docs/reference/schema.sql",
    text: `${HEAD}\n${sections.join("\n\n")}\n`,
  };
}

async function dump(databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl);
  const PGPASSWORD = decodeURIComponent(url.password);
  url.password = "";
  const [program, ...words] = (await findPostgresClient())("pg_dump");
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [
      ...words,
      ...["--schema-only", "--no-owner", "--dbname", url.href],
      ...SCHEMAS.flatMap((schema) => ["--schema", schema]),
    ],
    env: { PGPASSWORD },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`pg_dump failed: ${text.decode(stderr)}`);
  return text.decode(stdout);
}

function parse(text: string): Entry[] {
  const [, ...parts] = text.split(ENTRY);
  const entries: Entry[] = [];
  for (let index = 0; index < parts.length; index += 4) {
    const [name, kind, schema, body] = parts.slice(index, index + 4);
    const statement = body.replace(/^SET .*;$/gm, "")
      .replace(/^--\n-- PostgreSQL database dump complete[^]*$/m, "")
      .trim();
    entries.push({ object: ownerOf(name, kind, schema), kind, statement });
  }
  return entries;
}

/**
 * The table of an index or a policy, the function of a comment or a grant; else the object itself. Functions of one
 * name stand together: their comments name the parameters, which their definitions' headings do not.
 */
function ownerOf(name: string, kind: string, schema: string): string {
  const [, of = kind, named = name] =
    /^(SCHEMA|TABLE|VIEW|FUNCTION|TYPE|SEQUENCE|COLUMN|INDEX|CONSTRAINT|TRIGGER|POLICY) (.+)$/
      .exec(name) ?? [];
  switch (of) {
    case "SCHEMA":
      return named;
    case "FUNCTION":
      return `${schema}.${named.split("(")[0]}()`;
    case "COLUMN":
      return `${schema}.${named.split(".")[0]}`;
    case "CONSTRAINT":
    case "FK CONSTRAINT":
    case "TRIGGER":
    case "POLICY":
    case "DEFAULT":
    case "ROW SECURITY":
      return `${schema}.${named.split(" ")[0]}`;
    default:
      return `${schema}.${named}`;
  }
}

const RANKS = ["SCHEMA", "TYPE", "TABLE", "SEQUENCE", "VIEW", "FUNCTION"];

function rank(kind: string): number {
  const index = RANKS.indexOf(kind);
  return index < 0 ? RANKS.length : index;
}
