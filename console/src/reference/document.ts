import openapi from "./openapi.json" with { type: "json" };

/** The parts of JSON Schema that the API's description uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
}

export interface Body {
  schema: Schema;
  example?: unknown;
}

export interface Parameter {
  in: string;
  name: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}

export interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  /** Empty: without sign-in. */
  security?: [];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Body> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

export interface Description {
  info: { description: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** The API's OpenAPI document, as `npm run generate` wrote it. */
export const API = openapi as unknown as Description;

export interface Route extends Operation {
  /** In capitals. */
  method: string;
  path: string;
}

export interface Group {
  name: string;
  description: string;
  routes: Route[];
}

/** The routes that have all words of a question in their path, summary, description or codes, by the API's groups. */
export function findRoutes({ paths, tags }: Description, question = ""): Group[] {
  const words = question.toLowerCase().split(/\s+/).filter(Boolean);
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() }))
  ).filter((route) => words.every((word) => textOf(route).includes(word)));
  return tags.map((tag) => ({ ...tag, routes: routes.filter((route) => route.tags[0] === tag.name) }))
    .filter(({ routes }) => routes.length > 0);
}

function textOf({ method, path, summary, description, responses }: Route): string {
  const codes = Object.entries(responses).flatMap(([status, { description }]) => [status, description]);
  return [method, path, summary, description, ...codes].join(" ").toLowerCase();
}

export interface Field {
  /** `error.code`, or `results[].page`. */
  name: string;
  isRequired: boolean;
  schema: Schema;
}

/** The fields of a body, with those of the objects in it. */
export function fieldsOf(schema: Schema, prefix = ""): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([own, field]) => {
    const name = prefix + own;
    const inner = field.items?.properties ? field.items : field;
    return [
      { name, isRequired: schema.required?.includes(own) ?? false, schema: field },
      ...fieldsOf(inner, `${name}${inner === field ? "" : "[]"}.`),
    ];
  });
}

/** The name of a schema that is described apart. */
export function nameOf({ $ref }: Schema): string | undefined {
  return $ref?.split("/").at(-1);
}

/** `integer, at least 1, at most 50`. */
export function describeType({ type, format, ...schema }: Schema): string {
  const types = [type ?? "anything"].flat().join(" or ");
  const { minimum, maximum, minLength, maxLength } = schema;
  return [
    format ? `${types} (${format})` : types,
    isBound(minimum) && `at least ${minimum}`,
    isBound(maximum) && `at most ${maximum}`,
    minLength !== undefined && `at least ${minLength} characters`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    schema.default !== undefined && `by default ${JSON.stringify(schema.default)}`,
  ].filter(Boolean).join(", ");
}

/** A command line that calls a route. */
export function curlOf({ method, path, security, requestBody }: Route, base: string): string {
  const json = requestBody?.content["application/json"];
  return [
    `curl ${method === "GET" ? "" : `-X ${method} `}"${base}${path.replaceAll(/\{(\w+)\}/g, "$$$1")}"`,
    ...security ? [] : [`-H "authorization: Bearer $TOKEN"`],
    ...json ? [`-H "content-type: application/json"`, `-d '${JSON.stringify(json.example ?? {})}'`] : [],
  ].join(" \\\n  ");
}

/** Numbers that only say how far JavaScript counts are none. */
function isBound(bound: number | undefined): bound is number {
  return bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
}
