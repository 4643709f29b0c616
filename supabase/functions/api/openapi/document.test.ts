import { Validator } from "@seriousme/openapi-schema-validator";
import { beforeAll, describe, expect, it } from "vitest";
import { createLogger } from "../../_shared/log.ts";
import { createWebhook } from "../../webhook/app.ts";
import { FakeWorld } from "../testing/fakes.ts";

const world = new FakeWorld();
const api = world.api();
const webhook = createWebhook({
  ledger: {
    receive: () => Promise.reject(new Error("not called")),
    refuse: () => Promise.reject(new Error("not called")),
    summary: () => Promise.reject(new Error("not called")),
  },
  signingSecrets: ["secret"],
  logger: createLogger("webhook", () => {}),
});

interface Described {
  operationId: string;
  tags: string[];
  summary: string;
  security?: unknown[];
  parameters?: { in: string; name: string; schema: unknown }[];
  requestBody?: { content: Record<string, { schema: unknown }> };
  responses: Record<
    string,
    { description: string; content?: Record<string, { schema: unknown }> }
  >;
}

// deno-lint-ignore no-explicit-any
let document: any;
let operations: [route: string, described: Described][];
beforeAll(async () => {
  const answer = await api.request("/api/openapi.json");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
  document = await answer.json();
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Described>).map((
      [method, described],
    ): [string, Described] => [`${method.toUpperCase()} ${path}`, described])
  );
});

const operation = (route: string) => operations.find(([known]) => known === route)![1];

interface Schema {
  $ref?: string;
  anyOf?: unknown[];
  additionalProperties?: boolean;
}

/** The alternatives of a body, one by one. */
function alternatives(schema: unknown): Schema[] {
  const { $ref, anyOf, ...rest } = schema as Schema;
  if ($ref) {
    return alternatives(document.components.schemas[$ref.split("/").at(-1)!]);
  }
  return anyOf ? anyOf.flatMap(alternatives) : [rest];
}

describe("the OpenAPI document", () => {
  it("is valid", async () => {
    const { valid, errors } = await new Validator().validate(document);
    expect([valid, errors]).toEqual([true, undefined]);
    expect(document.openapi).toBe("3.1.0");
    expect(document.info.version).toBe("1.2.3");
  });

  it("has no request that could name an address for the server to call", () => {
    const names: string[] = [];
    for (const [route, { parameters = [], requestBody }] of operations) {
      const asked = JSON.stringify(
        [parameters, requestBody ?? {}],
        (_key, value) => {
          const ref = /^#\/components\/schemas\/(\w+)$/.exec(value?.$ref)?.[1];
          return ref ? document.components.schemas[ref] : value;
        },
      );
      expect([route, asked]).not.toEqual([
        route,
        expect.stringMatching(
          /"format":"ur[il]|"\w*(url|uri|host|callback)\w*":/i,
        ),
      ]);
      names.push(route);
    }
    expect(names).toContain("POST /api/upload-document-backend");
  });

  it("has every route of the API and the webhook, and no other", () => {
    const routes = [...api.routes, ...webhook.routes]
      .filter(({ method }) => method !== "ALL")
      // For Prometheus, not for clients of the API.
      .filter(({ path }) => path !== "/api/metrics")
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(routes.length).toBeGreaterThan(17);
    expect(operations.map(([route]) => route).toSorted())
      .toEqual([...new Set(routes)].toSorted());
  });

  it("describes each route, its responses and its errors", () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [route, described] of operations) {
      expect([route, described.tags?.length]).toEqual([route, 1]);
      expect([route, described.summary?.length > 0]).toEqual([route, true]);
      const statuses = Object.keys(described.responses);
      const successes = statuses.filter((status) => status.startsWith("2"));
      expect([route, successes.length]).toEqual([route, 1]);
      expect([route, statuses]).toEqual([
        route,
        expect.arrayContaining(["500", "503"]),
      ]);
      for (const [status, { content }] of Object.entries(described.responses)) {
        const { schema } = Object.values(content ?? {})[0] ?? {};
        expect([route, status, schema !== undefined])
          .toEqual([route, status, status !== "204"]);
      }
      const isPublic = described.security?.length === 0;
      if (isPublic) continue;
      expect([route, statuses]).toEqual([
        route,
        expect.arrayContaining(["401", "429"]),
      ]);
    }
  });

  it("says for each route whether it requires a user", async () => {
    for (const [route, described] of operations) {
      const [method, path] = route.split(" ");
      if (path.startsWith("/webhook") || path === "/api/health") continue;
      const concrete = path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
      const { status } = await world.request(concrete, {
        user: null,
        ...method === "POST" ? { json: {} } : { method },
      });
      expect([route, status === 401]).toEqual([
        route,
        described.security === undefined,
      ]);
    }
  });

  it("describes requests with the schemas that validate them", () => {
    const { schemas } = document.components;
    expect(schemas.UploadRequest).toMatchObject({
      required: ["filename", "bytes_len", "sha256"],
      additionalProperties: false,
      properties: { sha256: { pattern: "^[a-f0-9]{64}$" } },
    });
    const upload = operation("POST /api/upload-document-backend").requestBody!;
    expect(Object.keys(upload.content)).toEqual([
      "application/json",
      "multipart/form-data",
    ]);
    expect(upload.content["application/json"].schema).toEqual({
      anyOf: [
        { $ref: "#/components/schemas/UploadRequest" },
        { $ref: "#/components/schemas/BatchRequest" },
      ],
    });
    const search = operation("POST /api/search").requestBody!;
    expect(search.content["application/json"].schema).toMatchObject({
      required: ["query"],
      properties: { k: { type: "integer", minimum: 1, maximum: 50 } },
    });
    const list = operation("GET /api/documents").parameters!;
    expect(list.map(({ name }) => name).toSorted()).toEqual([
      "cursor",
      "limit",
      "order",
      "q",
      "sort",
      "state",
      "status",
    ]);
  });

  it("forbids further fields in every request, as the routes do", async () => {
    for (const [route, { requestBody, parameters = [] }] of operations) {
      const [method, path] = route.split(" ");
      if (path.startsWith("/webhook")) continue;
      const concrete = path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
      const refusal = async (query: string, json?: unknown) => {
        const answer = await world.request(concrete + query, {
          method,
          ...json !== undefined && {
            headers: { "content-type": "application/json" },
            body: JSON.stringify(json),
          },
        });
        const { error } = await answer.json();
        return [
          route,
          answer.status,
          error.details?.map((detail: { path: string }) => detail.path),
        ];
      };
      if (parameters.some((parameter) => parameter.in === "query")) {
        expect(await refusal("?unheard=1")).toEqual([route, 422, ["unheard"]]);
      }
      for (const { schema } of Object.values(requestBody?.content ?? {})) {
        for (const described of alternatives(schema)) {
          expect([route, described.additionalProperties]).toEqual([
            route,
            false,
          ]);
        }
      }
      if (requestBody?.content["application/json"]) {
        expect(await refusal("", { unheard: 1 })).toEqual([
          route,
          422,
          expect.arrayContaining(["unheard"]),
        ]);
      } else if (method === "POST") {
        expect(await refusal("", { unheard: 1 }))
          .toEqual([route, 422, ["unheard"]]);
      }
    }
  });

  it("is created once", async () => {
    const fetchText = async () => await (await api.request("/api/openapi.json")).text();
    const [first, second] = await Promise.all([fetchText(), fetchText()]);
    expect(second).toBe(first);
    expect(JSON.parse(first)).toEqual(document);
  });
});
