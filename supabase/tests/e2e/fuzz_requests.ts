import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { Described } from "./contract.ts";

type Schema = Record<string, unknown>;

/** A request as fetch takes it, without the caller's credentials. */
export interface FuzzRequest {
  path: string;
  method: string;
  headers: Record<string, string>;
  body?: BodyInit;
}

const BACKSLASH = String.fromCharCode(92);

/** Texts that have broken programs before. */
const hostileText = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\u202e\u2066fdp.exe",
    "\u0007\u001b[31m",
    "\ufeff",
    "\u2028",
    "x".repeat(10_000),
    "\u{1f600}".repeat(3_000),
    "'; drop table documents; --",
    "' or '1'='1",
    "%' or 1=1 --",
    "$1::uuid",
    "../../../../etc/passwd",
    `..${BACKSLASH}..${BACKSLASH}windows`,
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "null",
    "undefined",
    "NaN",
    "-1",
    "1e400",
    "0x10",
    "99999999999999999999",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "2026-02-30T25:61:61Z",
    "+275760-09-13T00:00:00.001Z",
    "__proto__",
    "constructor",
  ),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
);

/** Wrong JSON values for any field. */
const junk = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -0,
    -1,
    0.5,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    1e308,
    [],
    {},
    [[]],
    [null],
    { $ne: null },
    { toString: 1, valueOf: 1 },
    Array(500).fill("x"),
  ),
  fc.integer({ min: 10, max: 2_000 }).map((depth) => {
    let nested: unknown = 1;
    for (let level = 0; level < depth; level++) nested = [nested];
    return nested;
  }),
  fc.jsonValue({ maxDepth: 3 }),
);

/**
 * Values for fields of these names that make an otherwise valid request fail: a type that is not allowed, an address
 * without an account, a malformed time.
 */
const HARMLESS: Record<string, unknown> = {
  filename: "fuzz.bin",
  mime: "application/x-fuzz",
  sha256: "ab".repeat(32),
  email: "unknown@example.test",
  consent_timestamp: "yesterday",
};

/** Requests to an operation that violate its description, or are hostile in other ways. */
export function requestsTo(
  route: string,
  described: Described,
  schemas: Record<string, Schema>,
): fc.Arbitrary<FuzzRequest> {
  const [method, pattern] = route.split(" ");
  const body = method === "POST" ? bodies(described, schemas) : fc.constant<Sent>({});
  return fc.record({
    path: paths(pattern),
    query: queries(described, schemas),
    headers: fc.dictionary(
      fc.constantFrom("idempotency-key", "x-request-id", "accept", "origin"),
      // Header values that fetch accepts.
      fc.string({ maxLength: 400 }).map((text) => text.replaceAll(/[^\x21-\x7e]/g, "~")),
    ),
    body,
  }).map(({ path, query, headers, body }) => ({
    method,
    path: `${path}${query}`,
    headers: {
      ...headers,
      ...body.contentType && { "content-type": body.contentType },
    },
    body: body.content,
  }));
}

/** Well-formed callbacks about unknown submissions. */
export function callbacks(): fc.Arbitrary<FuzzRequest> {
  const text = hostileText.filter(({ length }) => length > 0 && length <= 200);
  const id = fc.oneof(text, fc.integer(), fc.constant(null));
  return fc.record({
    event_id: id,
    event_type: fc.oneof(
      text,
      fc.constantFrom("parse.success", "parse.error", "parse.cancelled"),
    ),
    job_id: id,
    status: text,
    data: fc.record({ id, job_id: id }, { requiredKeys: [] }),
  }, { requiredKeys: ["event_type"] }).map((event) => ({
    method: "POST",
    path: "/webhook/llamaparse",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(event),
  }));
}

/** Malformed and unknown ids. */
function paths(pattern: string): fc.Arbitrary<string> {
  const segment = fc.oneof(
    fc.uuid(),
    hostileText.map((text) => encodeURIComponent(text.toWellFormed()) || "%20"),
    fc.constantFrom("%00", "%ff", "%", "%zz", "%2e%2e%2f", "%c0%af", "a%2fb"),
  ).filter((text) => !/^(\.|%2e)+$/i.test(text));
  return fc.array(segment, { minLength: 2, maxLength: 2 }).map((segments) =>
    pattern.replaceAll(/\{\w+\}/g, () => segments.pop()!)
  );
}

function queries(
  { parameters = [] }: Described,
  schemas: Record<string, Schema>,
): fc.Arbitrary<string> {
  const known = parameters.filter((parameter) => parameter.in === "query");
  const pairs = known.map(({ name, schema }) =>
    fc.tuple(
      fc.constantFrom(name, name, name, `${name}[]`, `${name}[__proto__]`),
      fc.oneof(hostileText, valid(name, schema, schemas).map(String)),
    )
  );
  const stray = fc.tuple(hostileText, hostileText);
  return fc.array(fc.oneof(stray, ...pairs), { maxLength: 4 }).map((pairs) => {
    if (pairs.length === 0) return "";
    return "?" +
      pairs.map((pair) => pair.map((text) => encodeURIComponent(text.slice(0, 3000).toWellFormed())).join("=")).join(
        "&",
      );
  });
}

interface Sent {
  contentType?: string;
  content?: BodyInit;
}

function bodies(
  described: Described,
  schemas: Record<string, Schema>,
): fc.Arbitrary<Sent> {
  const { schema } = described.requestBody?.content["application/json"] ?? {};
  const documents = schema ? fc.oneof(spoilt(schema, schemas), spoilt(schema, schemas), junk) : junk;
  const texts = documents.map((document) => JSON.stringify(document));
  const contentType = fc.constantFrom(
    "application/json",
    "application/json",
    "application/json; charset=utf-16",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/problem+json",
    "json",
  );
  const json = (content: BodyInit): Sent => ({
    contentType: "application/json",
    content,
  });
  return fc.oneof(
    { weight: 6, arbitrary: texts.map(json) },
    // Truncated, or with invalid UTF-8.
    {
      weight: 1,
      arbitrary: fc.tuple(texts, fc.nat(50)).map(([text, cut]) => json(text.slice(0, -1 - cut))),
    },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => json(Buffer.from(bytes))),
    },
    {
      weight: 2,
      arbitrary: fc.record({ contentType, content: texts }),
    },
    { weight: 1, arbitrary: forms() },
    { weight: 1, arbitrary: fc.constant({}) },
  );
}

/** Forms with a missing, doubled or broken part. */
function forms(): fc.Arbitrary<Sent> {
  const part = fc.record({
    name: fc.constantFrom("file", "policy_id", "__proto__", "", "x"),
    filename: fc.constantFrom("", '; filename=""', '; filename="a\0.pdf"'),
    type: fc.constantFrom("", "text/html", "application/x-fuzz", "/;="),
    content: fc.string({ unit: "binary-ascii", maxLength: 100 }),
    end: fc.constantFrom("--x--\r\n", "--x\r\n", "", "--y--"),
  });
  return part.map(({ name, filename, type, content, end }) => ({
    contentType: "multipart/form-data; boundary=x",
    content: `--x\r\ncontent-disposition: form-data; name="${name}"${filename}\r\n` +
      `content-type: ${type}\r\n\r\n${content}\r\n${end}`,
  }));
}

/** A value of the schema in which fields are often missing, of a wrong type or hostile. */
function spoilt(
  schema: Schema,
  schemas: Record<string, Schema>,
): fc.Arbitrary<unknown> {
  const { properties } = resolve(schema, schemas) as { properties?: Schema };
  const names = Object.keys(properties ?? {});
  const spoil = fc.record({
    name: names.length > 0 ? fc.constantFrom(...names) : hostileText,
    value: fc.option(junk, { freq: 4, nil: undefined }),
  });
  return fc.tuple(
    valid("", schema, schemas),
    fc.array(spoil, { maxLength: 3 }),
  ).map(([value, spoils]) => {
    if (typeof value !== "object" || value === null) return value;
    const changed: Record<string, unknown> = { ...value };
    for (const { name, value } of spoils) changed[name] = value;
    return changed;
  });
}

/** A value of the schema, as far as types and choices go. */
function valid(
  name: string,
  unresolved: Schema,
  schemas: Record<string, Schema>,
): fc.Arbitrary<unknown> {
  if (name in HARMLESS) return fc.constant(HARMLESS[name]);
  const schema = resolve(unresolved, schemas);
  const options = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (options) {
    return fc.oneof(...options.map((option) => valid(name, option, schemas)));
  }
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case "object": {
      const properties = (schema.properties ?? {}) as Record<string, Schema>;
      const required = (schema.required ?? []) as string[];
      return fc.record(
        Object.fromEntries(
          Object.entries(properties).map(([key, property]) => [
            key,
            valid(key, property, schemas),
          ]),
        ),
        { requiredKeys: required as never[] },
      );
    }
    case "array":
      return fc.array(
        fc.oneof(valid("", (schema.items ?? {}) as Schema, schemas), junk),
        { maxLength: 4 },
      );
    case "integer":
    case "number":
      return fc.integer({ min: 1, max: 50 });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "string":
      return schema.format === "uuid" ? fc.uuid() : hostileText;
    default:
      return junk;
  }
}

function resolve(schema: Schema, schemas: Record<string, Schema>): Schema {
  const name = typeof schema.$ref === "string" &&
    schema.$ref.replace("#/components/schemas/", "");
  return name ? schemas[name] : schema;
}
