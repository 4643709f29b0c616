import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp, createUnconfiguredApp } from "./app.ts";
import type { App } from "./app_context.ts";
import { ConfigError } from "./config.ts";
import { isDatabaseUnavailable } from "./error_answer.ts";
import { HttpError, ProviderError } from "./errors.ts";
import { fields } from "./fields.ts";
import { createLogger } from "./log.ts";
import { jsonBody, limitJsonBody, noFields, pathParams } from "./validation.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const USER = "766e8693-7fd5-465e-9ee4-4a9b3a696480";

let lines: string[];
let app: App;
let failure: Error;

beforeEach(() => {
  // A new array per test: lines of the test before may still arrive.
  const written: string[] = lines = [];
  const logger = createLogger("test", (line) => written.push(line));
  app = createApp("test", { logger });
  app.get("/test/things/:id", (c) => c.json({ id: c.req.param("id") }));
  app.get("/test/failing", () => {
    throw failure;
  });
  app.get(
    "/test/checked/:id",
    pathParams(z.object({ id: z.guid() })),
    (c) => c.text("ok"),
  );
  app.post(
    "/test/things",
    limitJsonBody(),
    jsonBody(z.object({ name: z.string(), tags: z.array(z.string()) })),
    (c) => c.json(c.req.valid("json")),
  );
  app.get(
    "/test/mine",
    async (c, next) => {
      c.set("claims", { sub: USER, role: "authenticated" });
      await next();
    },
    (c) => c.json({ sub: c.var.claims.sub }),
  );
});

/** The log, including the line of the latest response, which is written after it. */
const logged = async () => {
  await new Promise((resolve) => setTimeout(resolve));
  return lines.map((line) => JSON.parse(line));
};
const post = (body: BodyInit, type = "application/json") =>
  app.request("/test/things", {
    method: "POST",
    body,
    headers: { "content-type": type },
  });

describe("the request id", () => {
  test("is the caller's when it is fit for logs", async () => {
    const answer = await app.request("/test/things/1", {
      headers: { "x-request-id": "trace-1.a:b=c" },
    });
    expect(answer.headers.get("x-request-id")).toBe("trace-1.a:b=c");
    expect((await logged())[0].request_id).toBe("trace-1.a:b=c");
  });

  test.each(["", "a b", 'x","level":"error', "x".repeat(129)])(
    "is a new one when the caller's is %j",
    async (offered) => {
      const answer = await app.request("/test/things/1", {
        headers: { "x-request-id": offered },
      });
      expect(answer.headers.get("x-request-id")).toMatch(UUID);
    },
  );

  test("is the same in the header, the error's body and the log", async () => {
    const answer = await app.request("/nowhere");
    const id = answer.headers.get("x-request-id");
    expect((await answer.json()).error.request_id).toBe(id);
    expect((await logged())[0].request_id).toBe(id);
  });
});

describe("each request writes one log line", () => {
  test("with the route's pattern instead of the path", async () => {
    await app.request("/test/things/private-id?token=secret", {
      headers: { authorization: "Bearer secret-token" },
    });
    // The response does not wait for it.
    expect(lines).toEqual([]);
    expect(await logged()).toHaveLength(1);
    expect((await logged())[0]).toMatchObject({
      message: "request",
      method: "GET",
      route: "/test/things/:id",
      status: 200,
      duration_ms: expect.any(Number),
    });
    expect(lines[0]).not.toMatch(/private-id|secret/);
  });

  test("with the user's id when a user is signed in", async () => {
    await app.request("/test/mine");
    expect((await logged())[0].user_id).toBe(USER);
  });
});

describe("errors have one shape", () => {
  test("a known error answers status, code, message, details, further fields and headers", async () => {
    failure = new HttpError("daily_limit", {
      message: "Enough for today.",
      details: { limit: 3 },
      extra: { error_type: "old" },
      headers: { "retry-after": "60" },
    });
    const answer = await app.request("/test/failing");
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("60");
    expect(await answer.json()).toEqual({
      error_type: "old",
      error: {
        code: "daily_limit",
        message: "Enough for today.",
        request_id: expect.stringMatching(UUID),
        details: { limit: 3 },
      },
    });
  });

  test("a defect answers 500 without its reason, which the log has with its stack", async () => {
    failure = new Error("relation secret_table does not exist");
    const answer = await app.request("/test/failing");
    expect(answer.status).toBe(500);
    const { error } = await answer.json();
    expect(error.code).toBe("internal_error");
    expect(error.message).not.toMatch(/secret_table/);
    const line = (await logged()).find(({ message }) => message === "unexpected error");
    expect(line).toMatchObject({
      request_id: error.request_id,
      error: {
        message: failure.message,
        stack: expect.stringContaining("at "),
      },
    });
  });

  test("a provider's failure answers 503 with Retry-After", async () => {
    failure = new ProviderError("transient", "STORAGE_UNAVAILABLE", {
      message: "inner",
      retryAfter: 1.2,
    });
    const answer = await app.request("/test/failing");
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("2");
    const { error } = await answer.json();
    expect(error.code).toBe("storage_unavailable");
    expect(error.message).not.toMatch(/inner/);
  });

  test("an unavailable database answers 503", async () => {
    failure = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    const answer = await app.request("/test/failing");
    expect(answer.status).toBe(503);
    expect((await answer.json()).error.code).toBe("database_unavailable");
  });

  test("the token of a deleted account answers 401", async () => {
    failure = Object.assign(new Error("The account is gone."), {
      name: "PostgresError",
      code: "PT401",
    });
    const answer = await app.request("/test/failing");
    expect(answer.status).toBe(401);
    expect((await answer.json()).error.code).toBe("unauthorized");
  });

  test("a write for a deleted account answers 401", async () => {
    failure = Object.assign(new Error("violates foreign key constraint"), {
      name: "PostgresError",
      code: "23503",
      constraint_name: "documents_user_id_fkey",
    });
    const answer = await app.request("/test/failing");
    expect(answer.status).toBe(401);
    expect((await answer.json()).error.code).toBe("unauthorized");
    Object.assign(failure, { constraint_name: "documents_other_fkey" });
    expect((await app.request("/test/failing")).status).toBe(500);
  });

  test("an unknown path answers 404 not_found", async () => {
    const answer = await app.request("/test/nothing");
    expect(answer.status).toBe(404);
    expect((await answer.json()).error.code).toBe("not_found");
  });

  test("a wrong method on a known path answers 405 with the allowed ones", async () => {
    const answer = await app.request("/test/things/1", { method: "DELETE" });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
    expect(answer.headers.get("x-request-id")).toMatch(UUID);
    expect((await answer.json()).error.code).toBe("method_not_allowed");
  });
});

describe("a JSON body", () => {
  test("answers 400 invalid_json when it does not parse", async () => {
    const answer = await post('{"name":');
    expect(answer.status).toBe(400);
    expect((await answer.json()).error.code).toBe("invalid_json");
  });

  test("answers 422 with each path and no value when it breaks the schema", async () => {
    const answer = await post('{"name":1,"tags":["a",{"x":"hunter2"}]}');
    expect(answer.status).toBe(422);
    const text = await answer.text();
    expect(text).not.toMatch(/hunter2/);
    expect(JSON.parse(text).error).toMatchObject({
      code: "validation_failed",
      details: [
        { path: "name", message: expect.any(String) },
        { path: "tags.1", message: expect.any(String) },
      ],
    });
  });

  test("answers 415 when it has another type, and passes as empty when it is missing", async () => {
    app.post(
      "/test/optional",
      jsonBody(fields({ name: z.string().optional() })),
      (c) => c.json(c.req.valid("json")),
    );
    const ask = (headers: Record<string, string>, body?: string) =>
      app.request("/test/optional", { method: "POST", headers, body });
    const typed = { "content-type": "text/json" };
    expect((await ask(typed, '{"name":"x"}')).status).toBe(415);
    expect((await ask({})).status).toBe(200);
  });

  test("answers 422 that names unknown fields and their paths", async () => {
    app.post(
      "/test/nested",
      jsonBody(fields({ inner: fields({ name: z.string() }) })),
      (c) => c.json({}),
    );
    const answer = await app.request("/test/nested", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"inner":{"name":"x","nmae":1,"other":2},"__proto__":3}',
    });
    expect(answer.status).toBe(422);
    const { error } = await answer.json();
    expect(error.details.map(({ path }: { path: string }) => path).toSorted())
      .toEqual(["__proto__", "inner.nmae", "inner.other"]);
  });

  test.each([
    ["", 200],
    [" ", 200],
    ["{}", 200],
    ['{"now":true}', 422],
    ["[1]", 422],
    ["now", 422],
    ["x".repeat(70_000), 422],
  ])("of %j on a route without fields answers %d", async (body, status) => {
    app.post("/test/fieldless", noFields(), (c) => c.json({}));
    const answer = await app.request("/test/fieldless", {
      method: "POST",
      body,
    });
    expect(answer.status).toBe(status);
  });

  test("answers 415 when it has another type", async () => {
    const answer = await post("name=x", "application/x-www-form-urlencoded");
    expect(answer.status).toBe(415);
    expect((await answer.json()).error.code).toBe("unsupported_media_type");
  });

  test("answers 413 when it is too large, with or without a stated length", async () => {
    const large = JSON.stringify({ name: "x".repeat(70_000), tags: [] });
    const answers = [
      await post(large),
      await post(new Blob([large]).stream()),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(413);
      expect((await answer.json()).error.code).toBe("body_too_large");
    }
  });
});

test("answers 422 when a path parameter is malformed", async () => {
  const answer = await app.request("/test/checked/12");
  expect(answer.status).toBe(422);
  expect((await answer.json()).error.details[0].path).toBe("id");
});

test("allows any origin to call and to read the request id and Retry-After", async () => {
  const preflight = await app.request("/test/things", {
    method: "OPTIONS",
    headers: {
      origin: "https://app.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,apikey,x-client-info",
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
  expect(preflight.headers.get("access-control-allow-headers")).toBe(
    "authorization,apikey,x-client-info",
  );
  const answer = await app.request("/test/nothing", {
    headers: { origin: "https://app.example" },
  });
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(answer.headers.get("access-control-expose-headers")).toMatch(
    /x-request-id,\s*retry-after/,
  );
});

test("allows only the configured origins when there are any", async () => {
  const logger = createLogger("test", (line) => lines.push(line));
  const configured = createApp("test", {
    logger,
    corsOrigins: ["https://app.example", "https://other.example"],
  });
  configured.get("/test", (c) => c.text("ok"));
  const allowedFor = async (origin: string) => {
    const answer = await configured.request("/test", { headers: { origin } });
    expect(answer.headers.get("vary")).toMatch(/origin/i);
    return answer.headers.get("access-control-allow-origin");
  };
  expect(await allowedFor("https://app.example")).toBe("https://app.example");
  expect(await allowedFor("https://other.example")).toBe(
    "https://other.example",
  );
  expect(await allowedFor("https://evil.example")).toBeNull();
});

test("sends no-store and nosniff with every response", async () => {
  const { headers } = await app.request("/test/things/1");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test("names the missing settings on every route when the function is not configured", async () => {
  const unconfigured = createUnconfiguredApp("test", {
    logger: createLogger("test", (line) => lines.push(line)),
    fault: new ConfigError("OPENAI_API_KEY is missing (pays for embeddings)"),
  });
  expect(lines.join()).toMatch(/OPENAI_API_KEY is missing/);
  for (const path of ["/test/things/1", "/"]) {
    const answer = await unconfigured.request(path, { method: "POST" });
    expect(answer.status).toBe(503);
    expect((await answer.json()).error).toMatchObject({
      code: "not_configured",
      message: expect.stringMatching(/OPENAI_API_KEY is missing/),
    });
  }
});

test.each([
  ["PostgresError", "57P01", true],
  ["PostgresError", "08006", true],
  ["PostgresError", "53300", true],
  ["PostgresError", "42P01", false],
  ["PostgresError", "23505", false],
  ["Error", "CONNECT_TIMEOUT", true],
  ["Error", "POOL_EXHAUSTED", true],
  ["Error", "CONNECTION_CLOSED", true],
  ["Error", "UNDEFINED_VALUE", false],
])("%s %s: the database is unavailable: %s", (name, code, expected) => {
  const error = Object.assign(new Error("x"), { name, code });
  expect(isDatabaseUnavailable(error)).toBe(expected);
});
