import { isDeepStrictEqual } from "node:util";
import { parse } from "smol-toml";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { type Entry, readElements, readTomlSource, type TomlSource } from "./toml_source.ts";

/** What config.toml says of a function of the pipeline. */
export interface FunctionSection {
  verify_jwt: boolean;
  entrypoint: string;
}

/** What the pipeline needs in config.toml. */
export interface WantedConfig {
  functions: Record<string, FunctionSection>;
  /** The schemas to expose through the Data API, besides those that are. */
  schemas: string[];
}

/** Text that was inserted, and where. */
export interface Insertion {
  at: number;
  text: string;
}

export interface MergedConfig {
  text: string;
  insertions: Insertion[];
  /** Contradictions between the file and what the pipeline needs, as sentences. The file keeps what it says. */
  differences: string[];
}

type Tables = Record<string, unknown>;

/** The Supabase CLI's own default, which a list of one's own replaces. */
const DEFAULT_SCHEMAS = ["public", "graphql_public"];
const BEGIN = "# The document pipeline: `npm run remove` takes this part out again.";
const END = "# End of the document pipeline.";
const BY_HAND = "Nothing was written. Add these lines yourself, then run the command again:";

/** @throws {ErrorWithRemedy} if the text is not TOML */
export function parseConfig(text: string, path: string): Tables {
  try {
    return parse(text.replace(/^\uFEFF/, "")) as Tables;
  } catch (error) {
    throw new ErrorWithRemedy(
      `${path} cannot be parsed: ${error instanceof Error ? error.message.trim() : error}`,
      "Nothing was written. Correct the file (npx supabase start names the same fault), then run the command again.",
      { cause: error },
    );
  }
}

/**
 * Inserts what the pipeline needs, and changes nothing else: comments, order and line ends stay.
 * @param path for messages
 * @throws {ErrorWithRemedy} if the text is not TOML, or has a form that cannot be extended
 */
export function mergeConfig(text: string, wanted: WantedConfig, path: string): MergedConfig {
  const before = parseConfig(text, path);
  const lineEnd = lineEndOf(text);
  const present = tableOf(before, "functions");
  const differences: string[] = [];
  const missing: [string, FunctionSection][] = [];
  for (const [name, section] of Object.entries(wanted.functions)) {
    if (!present || !Object.hasOwn(present, name)) missing.push([name, section]);
    else differences.push(...differencesOf(name, present[name], section));
  }

  let edited = text;
  const insertions: Insertion[] = [];
  const insert = ({ at, text: added }: Insertion) => {
    edited = edited.slice(0, at) + added + edited.slice(at);
    insertions.push({ at, text: added });
  };
  const schemas = wanted.schemas.filter((schema) => !exposedSchemas(before).includes(schema));
  for (const schema of schemas) insert(schemaInsertion(edited, schema, lineEnd));
  if (missing.length > 0) insert(functionsInsertion(edited, missing, lineEnd));
  if (insertions.length > 0) verify(edited, before, { functions: Object.fromEntries(missing), schemas }, path);
  return { text: edited, insertions, differences };
}

/** What a removal leaves of config.toml. */
export interface UnmergedConfig {
  text: string;
  /** Sentences on lines that were changed since, and stay. */
  kept: string[];
}

/**
 * Takes out what was inserted, where it is as it was inserted. A file that was not edited since is as it was before.
 */
export function unmergeConfig(
  text: string,
  insertions: Insertion[],
  pipeline: { functions: string[]; schemas: string[] },
  path: string,
): UnmergedConfig {
  const exact = takeOutAll(text, insertions);
  const rest = exact ?? insertions.reduce((left, { text: inserted }) => takeOut(left, inserted), text);
  const config = parseConfig(rest, path);
  const sections = tableOf(config, "functions") ?? {};
  const list = tableOf(config, "api")?.schemas;
  const schemas = Array.isArray(list) ? list : [];
  return {
    text: rest,
    kept: exact !== undefined ? [] : [
      ...pipeline.functions.filter((name) => Object.hasOwn(sections, name))
        .map((name) => `[functions.${name}] was edited and stays`),
      ...pipeline.schemas.filter((name) => schemas.includes(name))
        .map((name) => `api.schemas was edited and still has ${name}`),
    ],
  };
}

/** Undefined if the file was edited since. */
function takeOutAll(text: string, insertions: Insertion[]): string | undefined {
  let rest = text;
  for (const { at, text: inserted } of [...insertions].reverse()) {
    if (rest.slice(at, at + inserted.length) !== inserted) return;
    rest = rest.slice(0, at) + rest.slice(at + inserted.length);
  }
  return rest;
}

/** Leaves a text that does not have it exactly once. */
function takeOut(text: string, inserted: string): string {
  const at = text.indexOf(inserted);
  if (at < 0 || text.indexOf(inserted, at + 1) >= 0) return text;
  return text.slice(0, at) + text.slice(at + inserted.length);
}

function differencesOf(name: string, found: unknown, wanted: FunctionSection): string[] {
  if (typeof found !== "object" || found === null) return [`functions.${name} is no table`];
  const section = found as Record<string, unknown>;
  return [
    ...Object.entries(wanted)
      .filter(([key, value]) => section[key] !== value)
      .map(([key, value]) =>
        `[functions.${name}] has ${key} = ${
          key in section ? JSON.stringify(section[key]) : "nothing"
        }; the pipeline needs ${JSON.stringify(value)}`
      ),
    ...section.enabled === false ? [`[functions.${name}] is disabled`] : [],
  ];
}

export function exposedSchemas(config: Tables): string[] {
  const schemas = tableOf(config, "api")?.schemas;
  return Array.isArray(schemas) ? schemas.map(String) : DEFAULT_SCHEMAS;
}

export function tableOf(config: Tables, name: string): Tables | undefined {
  const found = config[name];
  return typeof found === "object" && found !== null && !Array.isArray(found) ? found as Tables : undefined;
}

/** The sections at the end of the file, or within the inline table that has the functions. */
function functionsInsertion(text: string, missing: [string, FunctionSection][], lineEnd: string): Insertion {
  const inline = inlineTable(text, readTomlSource(text), ["functions"]);
  if (inline) {
    return intoBraces(
      text,
      inline,
      missing.map(([name, { verify_jwt, entrypoint }]) =>
        `${name} = { verify_jwt = ${verify_jwt}, entrypoint = ${JSON.stringify(entrypoint)} }`
      ).join(", "),
    );
  }
  return atEnd(text, [BEGIN, ...sectionLines(missing), END], lineEnd);
}

function sectionLines(sections: [string, FunctionSection][]): string[] {
  return sections.flatMap(([name, { verify_jwt, entrypoint }]) => [
    `[functions.${name}]`,
    `verify_jwt = ${verify_jwt}`,
    `entrypoint = ${JSON.stringify(entrypoint)}`,
  ]);
}

/** A schema more in `api.schemas`, in whichever of TOML's forms the file has it. */
function schemaInsertion(text: string, schema: string, lineEnd: string): Insertion {
  const source = readTomlSource(text);
  const list = source.entries.find(({ path }) => path.join(".") === "api.schemas");
  if (list) return intoList(text, list, schema);
  const whole = `schemas = ${JSON.stringify([...DEFAULT_SCHEMAS, schema]).replaceAll(",", ", ")}`;
  const inline = inlineTable(text, source, ["api"]);
  if (inline) return intoBraces(text, inline, whole);
  const header = source.headers.find(({ path }) => path.join(".") === "api");
  if (header) return { at: endOfLine(text, header.to), text: `${lineEnd}${whole}` };
  const dotted = source.entries.findLast(({ path, depth }) => depth === 0 && path.length > 1 && path[0] === "api");
  if (dotted) return { at: endOfLine(text, dotted.to), text: `${lineEnd}api.${whole}` };
  return atEnd(text, ["[api]", whole], lineEnd);
}

function intoList(text: string, { value }: Entry, schema: string): Insertion {
  const last = readElements(text, value).at(-1);
  const name = JSON.stringify(schema);
  if (!last) return { at: value.from + 1, text: name };
  // On a line of its own where the others are on theirs.
  const before = /(\r?\n[ \t]*)$/.exec(text.slice(value.from, last.from))?.[1] ?? " ";
  return { at: last.to, text: `,${before}${name}` };
}

/** The value of this table, if it is written between braces. */
function inlineTable(text: string, { entries }: TomlSource, path: string[]): Entry | undefined {
  return entries.find((entry) => entry.path.join(".") === path.join(".") && text[entry.value.from] === "{");
}

function intoBraces(text: string, { value }: Entry, added: string): Insertion {
  const inside = text.slice(value.from + 1, value.to - 1);
  const end = value.from + 1 + inside.trimEnd().length;
  const isEmpty = inside.trim() === "";
  return { at: isEmpty ? value.from + 1 : end, text: isEmpty ? ` ${added} ` : `, ${added}` };
}

function atEnd(text: string, lines: string[], lineEnd: string): Insertion {
  const apart = text === "" ? "" : text.endsWith("\n") ? lineEnd : lineEnd + lineEnd;
  return { at: text.length, text: apart + lines.join(lineEnd) + lineEnd };
}

function endOfLine(text: string, at: number): number {
  return at + /^[^\r\n]*/.exec(text.slice(at))![0].length;
}

function lineEndOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}

/** An edit of text that means anything but what was wanted is never written. */
function verify(text: string, before: Tables, added: WantedConfig, path: string): void {
  const expected = structuredClone(before);
  if (added.schemas.length > 0) {
    expected.api = { ...tableOf(expected, "api"), schemas: [...exposedSchemas(before), ...added.schemas] };
  }
  if (Object.keys(added.functions).length > 0) {
    expected.functions = { ...tableOf(expected, "functions"), ...structuredClone(added.functions) };
  }
  let means: unknown;
  try {
    means = parse(text.replace(/^\uFEFF/, ""));
  } catch {
    means = undefined;
  }
  if (means !== undefined && isDeepStrictEqual(plain(means), plain(expected))) return;
  throw new ErrorWithRemedy(
    `${path} has a form that the pipeline's lines cannot be added to.`,
    [BY_HAND, ...sectionLines(Object.entries(added.functions))].join("\n"),
  );
}

/** Without the parser's own prototypes. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
