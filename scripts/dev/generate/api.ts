import { code, page, table } from "./markdown.ts";
import { type Operation, readOpenApi, type Schema } from "./openapi.ts";
import type { Product } from "./product.ts";

/**
 * docs/reference/api.md: the routes, as their OpenAPI document describes them.
 */
export async function apiPage(): Promise<Product> {
  const document = await readOpenApi();
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    }))
  );
  const sections = document.tags.map(({ name, description }) => {
    const own = routes.filter(({ operation }) => operation.tags[0] === name);
    return [
      `## ${name}`,
      description,
      ...own.map(({ route, operation }) => describe(route, operation)),
    ].join("\n\n");
  });
  const schemas = Object.entries(document.components.schemas)
    .map(([name, schema]) => `### ${name}\n\n${fields(schema)}`);
  return {
    path: "docs/reference/api.md",
    text: page(
      "API",
      "the OpenAPI document, which `GET /api/openapi.json` answers",
      `Paths are relative to \`/functions/v1\`. ${document.info.description} [errors.md](errors.md) has every code.`,
      table(
        ["route", "what it does", "signed in"],
        routes.map(({ route, operation }) => [
          `[${code(route)}](#${anchor(route)})`,
          operation.summary,
          operation.security ? "no" : "yes",
        ]),
      ),
      ...sections,
      "## Bodies",
      ...schemas,
    ),
  };
}

function describe(route: string, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const bodies = Object.entries(requestBody?.content ?? {}).map(
    ([mediaType, { schema }]) =>
      `Body, ${code(mediaType)}: ${schema.properties ? `\n\n${fields(schema)}` : typeOf(schema)}`,
  );
  return [
    `### ${route}`,
    `${summary}.${description ? ` ${description}` : ""}`,
    ...parameters.length > 0
      ? [
        table(
          ["parameter", "in", "type", "meaning"],
          parameters.map((
            { in: place, name, required, schema, description },
          ) => [
            code(name) + (required ? ", required" : ""),
            place,
            typeOf(schema),
            description ?? schema.description ?? "",
          ]),
        ),
      ]
      : [],
    ...bodies,
    table(
      ["status", "meaning or codes", "body"],
      Object.entries(responses).map(([status, { description, content }]) => [
        status,
        description,
        Object.values(content ?? {}).map(({ schema }) => typeOf(schema))
          .join(", "),
      ]),
    ),
  ].join("\n\n");
}

function fields(schema: Schema): string {
  if (!schema.properties) return typeOf(schema);
  return table(
    ["field", "type", "meaning"],
    Object.entries(schema.properties).map(([name, field]) => [
      code(name) + (schema.required?.includes(name) ? "" : ", optional"),
      typeOf(field),
      field.description ?? "",
    ]),
  );
}

function typeOf(schema: Schema): string {
  const name = schema.$ref?.split("/").at(-1);
  if (name) return `[${name}](#${name.toLowerCase()})`;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(typeOf).join(" or ");
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum) {
    return schema.enum.map((each) => code(String(each))).join(", ");
  }
  if (schema.items) return `array of ${typeOf(schema.items)}`;
  if (schema.properties) {
    return `object of ${Object.keys(schema.properties).map(code).join(", ")}`;
  }
  const types = [schema.type ?? "any"].flat().join(" or ");
  return [schema.format ? `${types} (${schema.format})` : types, bounds(schema)]
    .filter(Boolean).join(", ");
}

function bounds(schema: Schema): string {
  const { minimum, maximum, minLength, maxLength } = schema;
  const known = [
    minimum !== undefined && Math.abs(minimum) < Number.MAX_SAFE_INTEGER &&
    `at least ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER &&
    `at most ${maximum}`,
    minLength !== undefined && `at least ${minLength} characters`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    schema.default !== undefined &&
    `by default ${code(JSON.stringify(schema.default))}`,
  ];
  return known.filter(Boolean).join(", ");
}

/** As GitHub names what a link's `#` leads to. */
function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-");
}
