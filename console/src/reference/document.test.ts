import { expect, it } from "vitest";
import { API, curlOf, describeType, fieldsOf, findRoutes, nameOf } from "./document.ts";

const routes = (question?: string) =>
  findRoutes(API, question).flatMap(({ routes }) => routes.map(({ method, path }) => `${method} ${path}`));

it("has every route once", () => {
  const declared = Object.entries(API.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  );
  expect(declared.length).toBeGreaterThan(20);
  expect(routes().toSorted()).toEqual(declared.toSorted());
});

it("finds routes by path, words and codes", () => {
  expect(routes("POST search passages")).toEqual(["POST /api/search"]);
  expect(routes("duplicate_document 409").length).toBeGreaterThan(0);
  expect(routes("no such words here")).toEqual([]);
});

it("gives the fields of objects within a body", () => {
  const field = { type: "string" };
  const inner = { type: "object", properties: { code: field }, required: ["code"] };
  const list = { type: "array", items: inner };
  expect(fieldsOf({ properties: { error: inner, errors: list }, required: ["error"] })).toEqual([
    { name: "error", isRequired: true, schema: inner },
    { name: "error.code", isRequired: true, schema: field },
    { name: "errors", isRequired: false, schema: list },
    { name: "errors[].code", isRequired: true, schema: field },
  ]);
});

it("describes types with their bounds", () => {
  expect(describeType({ type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 10 }))
    .toBe("integer, at least 1, by default 10");
  expect(describeType({ type: ["string", "null"], format: "uuid", maxLength: 36 }))
    .toBe("string or null (uuid), at most 36 characters");
  expect(describeType({})).toBe("anything");
});

it("names every body that it refers to", () => {
  const names = Object.keys(API.components.schemas);
  const referred = [...JSON.stringify(API).matchAll(/"(#\/components\/schemas\/\w+)"/g)].map(([, $ref]) =>
    nameOf({ $ref })!
  );
  expect(referred.length).toBeGreaterThan(20);
  expect(referred.filter((name) => !names.includes(name))).toEqual([]);
});

it("writes a command line for a route", () => {
  const [{ routes: [health] }] = findRoutes(API, "GET /api/health/live");
  expect(curlOf(health, "https://a.example/functions/v1")).toBe(
    'curl "https://a.example/functions/v1/api/health/live"',
  );
  const route = { ...health, method: "POST", path: "/api/documents/{document_id}/reparse", security: undefined };
  const body = { content: { "application/json": { schema: {}, example: { pages: "unread" } } } };
  expect(curlOf({ ...route, requestBody: body }, "")).toBe(
    `curl -X POST "/api/documents/$document_id/reparse" \\
  -H "authorization: Bearer $TOKEN" \\
  -H "content-type: application/json" \\
  -d '{"pages":"unread"}'`,
  );
});
