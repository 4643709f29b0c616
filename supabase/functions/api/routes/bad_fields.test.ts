import { beforeAll, describe, expect, it } from "vitest";
import { FIELD_NAMES } from "../../_shared/field_names.ts";
import { FakeWorld } from "../testing/fakes.ts";

interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxLength?: number;
  format?: string;
}

interface Parameter {
  in: "path" | "query" | "header";
  name: string;
  schema: Schema;
}

interface Operation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

const world = new FakeWorld();
const ID = "0b780576-24d4-5f60-a700-b14c08f7da3e";
const routes: { method: string; path: string; parameters: Parameter[]; bodies: Schema[] }[] = [];
let schemas: Record<string, Schema>;

beforeAll(async () => {
  const document = await (await world.request("/api/openapi.json", { user: null })).json();
  schemas = document.components.schemas;
  for (const [path, methods] of Object.entries<Record<string, Operation>>(document.paths)) {
    if (!path.startsWith("/api/")) continue;
    for (const [method, { parameters = [], requestBody }] of Object.entries(methods)) {
      const body = requestBody?.content["application/json"]?.schema;
      routes.push({
        method: method.toUpperCase(),
        path,
        parameters,
        bodies: body ? alternativesOf(resolve(body)) : [],
      });
    }
  }
});

const resolve = (schema: Schema): Schema => schema.$ref ? resolve(schemas[schema.$ref.split("/").at(-1)!]) : schema;
const alternativesOf = (schema: Schema): Schema[] =>
  schema.anyOf ? schema.anyOf.flatMap((each) => alternativesOf(resolve(each))) : [schema];

/** The names of all fields in a body, of nested ones too. */
function fieldsOf(schema: Schema): string[] {
  return alternativesOf(resolve(schema)).flatMap(({ properties = {}, items }) => [
    ...Object.entries(properties).flatMap(([name, field]) => [name, ...fieldsOf(field)]),
    ...items ? fieldsOf(items) : [],
  ]);
}

/** A value that the schema accepts. */
function validOf(schema: Schema): unknown {
  const [{ type, const: constant, enum: values, properties = {}, required = [], items, minimum, format, ...rest }] =
    alternativesOf(resolve(schema));
  if (constant !== undefined) return constant;
  if (values) return values[0];
  switch ([type].flat()[0]) {
    case "object":
      return Object.fromEntries(required.map((name) => [name, validOf(properties[name])]));
    case "array":
      return [validOf(items!)];
    case "integer":
    case "number":
      return Math.max(minimum ?? 1, 1);
    case "boolean":
      return true;
  }
  if (format === "uuid") return ID;
  if (format === "email") return "reader@example.com";
  if (format === "date-time") return "2026-01-02T03:04:05Z";
  return (rest as { pattern?: string }).pattern?.includes("64") ? "0".repeat(64) : "a";
}

/** Values of every wrong kind; some schemas accept some of them. */
function* wrongFor(schema: Schema): Generator<unknown> {
  yield* [null, "", " ", "\0", "x".repeat(10_000), -1, 0, 1.5, 1e300, true, [], [null], [""], {}, { unheard: 1 }];
  const [{ maxItems, minimum, maximum, properties }] = alternativesOf(resolve(schema));
  if (maxItems) yield Array(maxItems + 1).fill("x");
  if (minimum !== undefined) yield minimum - 1;
  if (maximum !== undefined && maximum < 1e9) yield maximum + 1;
  for (const [name, field] of Object.entries(properties ?? {})) {
    for (const value of wrongFor(field)) yield { [name]: value };
  }
}

interface Refusal {
  message: string;
  details?: { path: string; message: string }[];
}

async function refusalOf(route: { method: string; path: string }, query: string, json?: unknown) {
  const answer = await world.request(route.path.replaceAll(/\{\w+\}/g, ID) + query, {
    method: route.method,
    ...json !== undefined &&
      { headers: { "content-type": "application/json" }, body: JSON.stringify(json) },
  });
  if (answer.status !== 422) return [];
  const body = await answer.json();
  const refused: Refusal[] = body.documents?.map(({ error }: { error: Refusal }) => error) ?? [body.error];
  return refused.filter(Boolean);
}

/** What zod itself would say, and the names of types. */
const LIBRARY = /Invalid|Unrecognized|Too (big|small)|expected|received|pattern|undefined|\bstring\b|\bNaN\b|[<>]=/;
/** A sentence about a field, which it names for people and for programs; or about the whole request. */
const SENTENCE =
  /^([A-Z][\w' -]+ \(`[^`]+`\)|The field `[^`]*`|The request|The cursor) (must|is|has|was|may|takes|continues|does)\b[^]*\.$/;

function inspect({ message, details }: Refusal, seen: Set<string>) {
  expect(message).not.toMatch(LIBRARY);
  for (const { path, message: about } of details ?? []) {
    expect([path, about]).not.toEqual([path, expect.stringMatching(LIBRARY)]);
    seen.add(`${path} ${about}`);
  }
  const sentences = (details ?? []).length > 1 ? message.split(/(?<=\.) (?=[A-Z])/) : [message];
  for (const sentence of sentences) expect(sentence).toMatch(SENTENCE);
}

describe("a request with a wrong field", () => {
  it("is refused in sentences that name the field, whatever is wrong", async () => {
    const seen = new Set<string>();
    for (const route of routes) {
      for (const body of route.bodies) {
        const valid = validOf(body) as Record<string, unknown>;
        for (const json of [null, [], "x", 1, {}, { ...valid, unheard: 1 }]) {
          for (const refusal of await refusalOf(route, "", json)) inspect(refusal, seen);
        }
        for (const [name, field] of Object.entries(body.properties ?? {})) {
          for (const wrong of wrongFor(field)) {
            for (const refusal of await refusalOf(route, "", { ...valid, [name]: wrong })) inspect(refusal, seen);
          }
        }
        const entry = body.properties?.documents?.items;
        for (const item of entry ? wrongFor(resolve(entry)) : []) {
          for (const refusal of await refusalOf(route, "", { documents: [item] })) inspect(refusal, seen);
        }
      }
      for (const { name } of route.parameters.filter((parameter) => parameter.in === "query")) {
        for (const wrong of ["", "x", "-1", "1.5", "99999999999", "x".repeat(10_000), "%00"]) {
          for (const refusal of await refusalOf(route, `?${name}=${wrong}`)) inspect(refusal, seen);
        }
        for (const refusal of await refusalOf(route, "?unheard=1")) inspect(refusal, seen);
      }
    }
    for (const route of routes.filter(({ path }) => path.includes("{"))) {
      const malformed = { ...route, path: route.path.replaceAll(/\{\w+\}/g, "x") };
      for (const refusal of await refusalOf(malformed, "", route.method === "GET" ? undefined : {})) {
        inspect(refusal, seen);
      }
    }
    expect(seen.size).toBeGreaterThan(60);
    // Consequences of another kind of value.
    expect([...seen].filter((each) => /^(password|query) .*item|^document.* characters/.test(each))).toEqual([]);
  });

  it("is refused so as a form, too", async () => {
    const forms: [string, string | File][][] = [
      [],
      [["file", "no file"]],
      [["ocr", "maybe"], ["file", new File(["a"], "a.txt")]],
      [["unheard", "1"], ["file", new File(["a"], "a.txt")]],
      [["policy_id", "a"], ["policy_id", "b"], ["file", new File(["a"], "a.txt")]],
      [["policy_id", "x".repeat(20_000)], ["file", new File(["a"], "a.txt")]],
      Array.from({ length: 51 }, () => ["file", new File(["a"], "a.txt")]),
    ];
    for (const parts of forms) {
      const body = new FormData();
      for (const [name, value] of parts) body.append(name, value);
      const answer = await world.request("/api/upload-document-backend", { method: "POST", body });
      expect(answer.status).toBe(422);
      inspect((await answer.json()).error, new Set());
    }
  });

  it("has a name for people for each field", () => {
    const used = new Set(
      routes.flatMap(({ parameters, bodies }) => [
        ...parameters.map(({ name }) => name),
        ...bodies.flatMap(fieldsOf),
      ]),
    );
    // Of forms, which the document describes without their parts.
    for (const name of ["file"]) used.add(name);
    const known = Object.keys(FIELD_NAMES).filter((name) => !name.endsWith("[]"));
    expect(known.toSorted()).toEqual([...used].toSorted());
  });
});
