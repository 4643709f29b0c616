import { normalise, splitStatements, type Statement } from "./sql_statements.ts";

/** What has to be done in a database for an edit of a migration that it has already. */
export interface MigrationEdit {
  /** The file's name. */
  file: string;
  version: string;
  /** All of the file now. */
  statements: Statement[];
  /** Those of them that are new or changed, in order. */
  changed: Change[];
  /** Grants and revocations in later migrations that reach every function of a schema, the new ones too. */
  laterGrants: string[];
  /** Why the edit cannot be made in place, a part of a sentence each; empty if it can. */
  obstacles: string[];
}

export interface Change {
  /** Such as `function public.add(a int)`. */
  subject: string;
  /** As it replaces what is there. */
  sql: string;
  statement: Statement;
  /** The statement that was applied; undefined for something new. */
  before?: string;
}

export interface AppliedMigration {
  version: string;
  /** As the CLI cut the file; null in a history that was repaired by hand. */
  statements: string[] | null;
}

export interface MigrationText {
  version: string;
  name: string;
  sql: string;
}

/** Privileges on every function of some schemas, given or taken. */
interface SchemaGrant {
  /** `grant execute` */
  what: string;
  schemas: string[];
  /** `to authenticated` */
  whom: string;
}

/** Reads `revoke execute on all functions in schema a, b from public`; undefined for any other statement. */
export function parseSchemaGrant(statement: string): SchemaGrant | undefined {
  const found = /^((?:grant|revoke) .*?) on all (?:functions|routines) in schema (.+?) ((?:to|from) .+)$/i
    .exec(normalise(statement));
  if (!found) return undefined;
  const [, what, schemas, whom] = found;
  return { what, schemas: schemas.split(/ ?, ?/), whom };
}

/**
 * What a statement defines, if it can be run once more to define it otherwise.
 */
interface Definition {
  subject: string;
  /** False: it adds to what others of its kind have done, so that nothing takes it back. */
  replaces: boolean;
}

/**
 * Compares migrations with what of them was applied, statement by statement. Comments and spaces outside of bodies make
 * no difference.
 * @returns one for each migration that was edited since, in order
 */
export function findEdits(
  applied: AppliedMigration[],
  files: MigrationText[],
): MigrationEdit[] {
  const before = new Map(applied.map((each) => [each.version, each]));
  const edits: MigrationEdit[] = [];
  files.forEach(({ version, name, sql }, index) => {
    const known = before.get(version);
    if (!known?.statements) return;
    const statements = splitStatements(sql);
    // The CLI takes the comments at a file's end for a statement.
    const earlier = known.statements.filter((each) => normalise(each) !== "");
    const removed = without(earlier, statements.map(textOf));
    const added = without(statements, earlier, textOf);
    if (removed.length === 0 && added.length === 0) return;
    const later = files.slice(index + 1).filter((file) => before.has(file.version));
    const changed = added.map((statement) => changeOf(statement, removed));
    const obstacles = new Set([
      ...removed.flatMap((statement) => obstacleOfRemoval(statement, changed)),
      ...added.filter(({ code }) => !definitionOf(code))
        .map(({ code }) => `${heading(code)} is new or changed`),
      ...laterDefinitions(changed, later),
    ]);
    edits.push({
      file: name,
      version,
      statements,
      changed,
      laterGrants: later.flatMap(({ sql }) =>
        splitStatements(sql).map(({ code }) => code)
          .filter((code) => parseSchemaGrant(code))
      ),
      obstacles: withoutEchoes([...obstacles]),
    });
  });
  return edits;
}

const textOf = (statement: Statement) => statement.text;

/** Those of the first that the second has not, each counted as often as it is there. */
function without<T>(
  these: T[],
  those: string[],
  text: (each: T) => string = String,
): T[] {
  const counts = new Map<string, number>();
  for (const each of those.map(normalise)) {
    counts.set(each, (counts.get(each) ?? 0) + 1);
  }
  return these.filter((each) => {
    const key = normalise(text(each));
    const count = counts.get(key) ?? 0;
    counts.set(key, count - 1);
    return count <= 0;
  });
}

function changeOf(statement: Statement, removed: string[]): Change {
  const { code } = statement;
  const subject = definitionOf(code)?.subject ?? heading(code);
  return {
    subject,
    before: removed.find((each) => definitionOf(each)?.subject === subject),
    sql: code.replace(
      /^create\s+(?!or\s+replace\b)(?=(function|procedure|view|trigger)\b)/i,
      "create or replace ",
    ),
    statement,
  };
}

function obstacleOfRemoval(statement: string, changed: Change[]): string[] {
  const definition = definitionOf(statement);
  if (definition?.replaces) {
    return changed.some(({ subject }) => subject === definition.subject) ? [] : [
      `${definition.subject} is gone${
        /^(function|procedure) /.test(definition.subject) ? " or has other parameters" : ""
      }`,
    ];
  }
  return [`${heading(statement)} is changed or gone`];
}

function laterDefinitions(
  changed: Change[],
  later: MigrationText[],
): string[] {
  const subjects = new Set(changed.map(({ subject }) => subject));
  return later.flatMap(({ name, sql }) =>
    splitStatements(sql).map(({ code }) => definitionOf(code))
      .filter((definition) => definition?.replaces && subjects.has(definition.subject)).map((definition) =>
        `${name} defines ${definition!.subject} again`
      )
  );
}

/** One statement that was changed is found twice: as it was and as it is. */
function withoutEchoes(obstacles: string[]): string[] {
  const isSaid = new Set<string>();
  return obstacles.filter((obstacle) => {
    const about = obstacle.replace(/ is (new or changed|changed or gone)$/, "");
    if (isSaid.has(about)) return false;
    isSaid.add(about);
    return true;
  });
}

function definitionOf(statement: string): Definition | undefined {
  const code = normalise(statement);
  const routine = /^create (?:or replace )?(function|procedure) ([^\s(]+) ?(?=\()/i
    .exec(code);
  if (routine) {
    const [found, kind, name] = routine;
    const parameters = inParentheses(code.slice(found.length));
    return {
      subject: `${kind} ${name}${parameters}`.toLowerCase(),
      replaces: true,
    };
  }
  const view = /^create (?:or replace )?view ([^\s(]+)/i.exec(code);
  if (view) {
    return { subject: `view ${view[1]}`.toLowerCase(), replaces: true };
  }
  const trigger = /^create (?:or replace )?trigger (\S+) .*? on ([^\s(]+)/i
    .exec(code);
  if (trigger) {
    const [, name, table] = trigger;
    return {
      subject: `trigger ${name} on ${table}`.toLowerCase(),
      replaces: true,
    };
  }
  const comment = /^comment on (.+?) is (?:null|e?'|\$)/i.exec(code);
  if (comment) {
    return {
      subject: `comment on ${comment[1]}`.toLowerCase(),
      replaces: true,
    };
  }
  return /^(grant|revoke) /i.test(code) ? { subject: code.toLowerCase(), replaces: false } : undefined;
}

/** The parentheses with which the text begins, and what is in them. */
function inParentheses(text: string): string {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return text.slice(0, at + 1);
  }
  return text;
}

/** By which a reader knows a statement: its first words. */
function heading(statement: string): string {
  const words = normalise(statement).split("(")[0].trim().split(" ");
  return `"${words.slice(0, 6).join(" ")}"`;
}
