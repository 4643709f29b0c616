import { normalise, splitStatements } from "../../platform/stack/postgres/sql_statements.ts";

/** Something in a database that two makers cannot both have. */
export interface SqlObject {
  kind: "schema" | "policy" | "trigger" | "role" | "extension" | "queue" | "cron job" | "bucket";
  /** As unquoted; of a policy or trigger with its table: `name on schema.table`. */
  name: string;
  /** Of an extension. */
  schema?: string;
}

/** An object, and the file that creates it. */
export interface FoundObject extends SqlObject {
  file: string;
}

const NAME = String.raw`("(?:[^"]|"")+"|[\w$]+)`;
const TABLE = String.raw`((?:${NAME}\.)?${NAME})`;
const IF = String.raw`(?:if (?:not )?exists )?`;

type Change = { what: "creates" | "moves" | "drops"; object: SqlObject };

/** Every project has these, in the schema `extensions`: `create extension if not exists` then does nothing. */
const PREINSTALLED = ["pgcrypto", "uuid-ossp"];

const plain = (name: string) => name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();

function tableOf(text: string): string {
  const parts = [...text.matchAll(/"(?:[^"]|"")+"|[\w$]+/g)].map(([part]) => plain(part));
  return (parts.length === 1 ? ["public", ...parts] : parts).join(".");
}

/** One pattern for each way to create or drop something. */
const PATTERNS: { pattern: RegExp; changes(found: string[]): Change[] }[] = [
  {
    pattern: new RegExp(`\\bcreate schema ${IF}${NAME}`, "gi"),
    changes: ([, name]) => [{ what: "creates", object: { kind: "schema", name: plain(name) } }],
  },
  {
    pattern: new RegExp(`\\bdrop schema ${IF}((?:${NAME}(?:, ?)?)+)`, "gi"),
    changes: ([, names]) => dropped("schema", names),
  },
  {
    pattern: new RegExp(`\\bcreate policy ${NAME} on ${TABLE}`, "gi"),
    changes: ([, name, table]) => onTable("creates", "policy", name, table),
  },
  {
    pattern: new RegExp(`\\bdrop policy ${IF}${NAME} on ${TABLE}`, "gi"),
    changes: ([, name, table]) => onTable("drops", "policy", name, table),
  },
  {
    pattern: new RegExp(
      `\\bcreate (?:or replace )?(?:constraint )?trigger ${NAME} (?:before|after|instead of)\\b[^;]*? on ${TABLE}`,
      "gi",
    ),
    changes: ([, name, table]) => onTable("creates", "trigger", name, table),
  },
  {
    pattern: new RegExp(`\\bdrop trigger ${IF}${NAME} on ${TABLE}`, "gi"),
    changes: ([, name, table]) => onTable("drops", "trigger", name, table),
  },
  {
    pattern: new RegExp(`\\bcreate (?:role|user) ${NAME}`, "gi"),
    changes: ([, name]) => [{ what: "creates", object: { kind: "role", name: plain(name) } }],
  },
  {
    pattern: new RegExp(`\\bdrop (?:role|user) ${IF}((?:${NAME}(?:, ?)?)+)`, "gi"),
    changes: ([, names]) => dropped("role", names),
  },
  {
    pattern: new RegExp(`\\bcreate extension ${IF}${NAME}(?: with)?(?: schema ${NAME})?`, "gi"),
    changes: ([, name, schema]) => [{
      what: "creates",
      object: { kind: "extension", name: plain(name), schema: schema ? plain(schema) : "public" },
    }],
  },
  {
    pattern: new RegExp(`\\balter extension ${NAME} set schema ${NAME}`, "gi"),
    changes: ([, name, schema]) => [{
      what: "moves",
      object: { kind: "extension", name: plain(name), schema: plain(schema) },
    }],
  },
  {
    pattern: new RegExp(`\\bdrop extension ${IF}((?:${NAME}(?:, ?)?)+)`, "gi"),
    changes: ([, names]) => dropped("extension", names),
  },
  {
    pattern: /\bpgmq\.(create\w*|drop_queue)\(\s*(?:queue_name\s*(?:=>|:=)\s*)?'([^']+)'/gi,
    changes: ([, verb, name]) => [{
      what: verb.toLowerCase() === "drop_queue" ? "drops" : "creates",
      object: { kind: "queue", name: name.toLowerCase() },
    }],
  },
  {
    pattern: /\bcron\.(schedule\w*|unschedule)\(\s*(?:job_name\s*(?:=>|:=)\s*)?'([^']+)'/gi,
    changes: ([, verb, name]) => [{
      what: verb.toLowerCase() === "unschedule" ? "drops" : "creates",
      object: { kind: "cron job", name },
    }],
  },
  {
    // The id is the first literal of each row; columns are rarely in another order.
    pattern: /\binsert into storage\.buckets\b[^;]*?(?:values|select)\s*(\(?\s*'[^;]*)/gi,
    changes: ([, rows]) =>
      [...rows.matchAll(/(?:^|\)\s*,\s*)\(?\s*'([^']+)'/g)]
        .map(([, name]) => ({ what: "creates", object: { kind: "bucket", name } }) as const),
  },
  {
    pattern: /\bdelete from storage\.buckets\b where ([^;]*)/gi,
    changes: ([, rows]) =>
      [...rows.matchAll(/'([^']+)'/g)]
        .map(([, name]) => ({ what: "drops", object: { kind: "bucket", name } }) as const),
  },
  {
    pattern: /\b(?:storage\.)?create_bucket\(\s*'([^']+)'/gi,
    changes: ([, name]) => [{ what: "creates", object: { kind: "bucket", name } }],
  },
];

function dropped(kind: SqlObject["kind"], names: string): Change[] {
  return [...names.matchAll(/"(?:[^"]|"")+"|[\w$]+/g)]
    .map(([name]) => ({ what: "drops", object: { kind, name: plain(name) } }));
}

function onTable(what: Change["what"], kind: "policy" | "trigger", name: string, table: string): Change[] {
  return [{ what, object: { kind, name: `${plain(name)} on ${tableOf(table)}` } }];
}

export function keyOf({ kind, name }: SqlObject): string {
  return `${kind} ${name}`;
}

/**
 * What these files leave in a database, as far as their statements name it. Statements that are composed at run time
 * are not understood.
 * @param files in the order in which they are applied
 */
export function findObjects(files: { name: string; sql: string }[]): FoundObject[] {
  const found = new Map<string, FoundObject>(
    PREINSTALLED.map((name) => [
      keyOf({ kind: "extension", name }),
      { kind: "extension", name, schema: "extensions", file: "" },
    ]),
  );
  for (const { name: file, sql } of files) {
    for (const { code } of splitStatements(sql)) {
      for (const { what, object } of changesOf(withoutSpace(normalise(code)))) {
        if (what === "drops") drop(found, object);
        else if (what === "moves" || !found.has(keyOf(object))) found.set(keyOf(object), { ...object, file });
      }
    }
  }
  return [...found.values()];
}

/** A schema takes along what is in it. */
function drop(found: Map<string, FoundObject>, object: SqlObject): void {
  found.delete(keyOf(object));
  if (object.kind !== "schema") return;
  for (const [key, { name }] of found) if (name.includes(` on ${object.name}.`)) found.delete(key);
}

/** In the order of the text. */
function changesOf(statement: string): Change[] {
  return PATTERNS.flatMap(({ pattern, changes }) =>
    [...statement.matchAll(pattern)].map((match) => ({ at: match.index, changes: changes(match) }))
  ).sort((a, b) => a.at - b.at).flatMap(({ changes }) => changes);
}

/** A body between dollars keeps its line ends, which the patterns do not expect. */
function withoutSpace(statement: string): string {
  return statement.replaceAll(/\s+/g, " ");
}
