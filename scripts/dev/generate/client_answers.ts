import { type Document, readOpenApi, type Schema } from "./openapi.ts";
import type { Product } from "./product.ts";

/** The schemas of the answers that users get, by the name that the client gives their types. */
const TYPES: Record<string, string> = {
  Batch: "Batch",
  BatchResult: "BatchResult",
  Consent: "Consent",
  Document: "DocumentStatus",
  DocumentPage: "DocumentPage",
  Download: "Download",
  DuplicateDocument: "DuplicateDocument",
  DuplicatePassage: "DuplicatePassage",
  ExplainedPassage: "ExplainedPassage",
  ExportLine: "ExportLine",
  Job: "Job",
  JobPage: "JobPage",
  LastError: "LastError",
  Limits: "Limits",
  NeighbouringPassage: "NeighbouringPassage",
  Passage: "Passage",
  Range: "Highlight",
  Reparse: "Reparse",
  SearchExplanation: "Explanation",
  SearchNotice: "SearchNotice",
  SearchResult: "SearchAnswer",
  Session: "Session",
  SignedUp: "SignedUp",
  Upload: "Registration",
  User: "User",
  Warning: "Warning",
};

/** Fields whose strings are of a set that vocabulary.ts has, by schema. */
const WORDS: Record<string, string> = {
  "BatchResult.error.code": "ApiCode",
  "Document.state": "State",
  "Document.status": "Status",
  "Document.waiting_for": "WaitingCode",
  "DuplicateDocument.error.code": "ApiCode",
  "ExplainedPassage.reason": "SearchReason",
  "ExportLine.job.state": "State",
  "ExportLine.job.status": "Status",
  "Job.state": "State",
  "Job.status": "Status",
  "LastError.code": "FailureCode",
  "Reparse.status": "Status",
  "SearchNotice.code": "NoticeCode",
  "SearchResult.mode": "SearchMode",
  "Warning.code": "WarningCode",
};

/** client/src/answers.ts: the types of the API's answers, as their OpenAPI document describes them. */
export async function clientAnswers(): Promise<Product> {
  return { path: "client/src/answers.ts", text: answerTypes(await readOpenApi()) };
}

/** @throws {Error} for a schema or a field that the document does not have, or of which the client knows nothing */
export function answerTypes({ components: { schemas } }: Document): string {
  const used = new Set<string>();
  const types = Object.entries(TYPES).map(([schema, name]) => {
    if (!schemas[schema]) throw new Error(`The OpenAPI document has no schema ${schema}.`);
    return declaration(name, schemas[schema], { path: schema, used });
  });
  const unused = Object.keys(WORDS).find((path) => !used.has(path));
  if (unused) throw new Error(`The OpenAPI document has no field ${unused}.`);
  return `// Written by npm run generate from the API's OpenAPI document. Change the schemas of the API, not this file.
import type { ${[...new Set(Object.values(WORDS))].toSorted().join(", ")} } from "./vocabulary.ts";

${types.join("\n\n")}
`;
}

interface Place {
  /** The schema's name, and those of the fields down to here. */
  path: string;
  /** Entries of WORDS that were found. */
  used: Set<string>;
}

function declaration(name: string, schema: Schema, place: Place): string {
  const about = comment(schema);
  return schema.properties
    ? `${about}export interface ${name} ${objectOf(schema, place)}`
    : `${about}export type ${name} = ${typeOf(schema, place)};`;
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema, place: Place): string {
  const fields = Object.entries(properties).map(([name, field]) => {
    const mark = required.includes(name) ? "" : "?";
    return `${comment(field)}${name}${mark}: ${typeOf(field, { ...place, path: `${place.path}.${name}` })};`;
  });
  if (additionalProperties) fields.push("[further: string]: unknown;");
  return `{\n${fields.join("\n")}\n}`;
}

function typeOf(schema: Schema, place: Place): string {
  const ref = schema.$ref?.split("/").at(-1);
  if (ref) {
    if (!TYPES[ref]) throw new Error(`${place.path} refers to ${ref}, for which the client has no type.`);
    return TYPES[ref];
  }
  const words = WORDS[place.path];
  if (words) {
    place.used.add(place.path);
    return words;
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((choice) => typeOf(choice, place)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (schema.properties) return objectOf(schema, place);
  if (schema.items) {
    const item = typeOf(schema.items, place);
    return /\|/.test(item) && !item.startsWith("{") ? `(${item})[]` : `${item}[]`;
  }
  const types = [schema.type ?? "unknown"].flat();
  return types.map((type) => type === "integer" ? "number" : type).join(" | ");
}

/** Characters of a line of a comment, within the width of the project. */
const LINE = 105;

function wrapped(text: string): string[] {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > LINE) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function comment({ description }: Schema): string {
  if (!description) return "";
  const text = `${description}${/[.!?]$/.test(description) ? "" : "."}`;
  const lines = wrapped(text);
  return lines.length === 1 ? `/** ${text} */\n` : `/**\n${lines.map((line) => ` * ${line}\n`).join("")} */\n`;
}
