import { beforeEach, describe, expect, test } from "vitest";
import { DOCUMENT, FakeWorld, JOB, USER } from "./testing/fakes.ts";

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

describe("a user's request", () => {
  test("is counted once, and the response has the rest of the limit", async () => {
    const answer = await world.request("/api/upload/limits");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("ratelimit-limit")).toBe("1000");
    expect(answer.headers.get("ratelimit-remaining")).toBe("999");
    expect(answer.headers.get("ratelimit-reset")).toBe("3600");
    expect(world.taken).toEqual([`request ${USER}`]);
  });

  test("answers 429 with Retry-After beyond the limit, and does nothing", async () => {
    world.rateLimit = {
      ...world.rateLimit,
      allowed: false,
      remaining: 0,
      resetSeconds: 77,
    };
    const answer = await world.request("/api/search", { json: { query: "x" } });
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("77");
    expect(answer.headers.get("ratelimit-remaining")).toBe("0");
    expect((await answer.json()).error).toMatchObject({
      code: "rate_limited",
      details: { limit: "requests_per_user_per_hour", limit_value: 1000 },
    });
    expect(world.searched).toEqual([]);
  });

  test("counts against the polled document or job too when it polls a status", async () => {
    const answer = await world.request(`/api/documents/${DOCUMENT}/status`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get("ratelimit-remaining")).toBe("999");
    await world.request(`/api/jobs/${JOB}`);
    await world.request("/api/documents/no-id/status");
    expect(world.taken).toEqual([
      `request ${USER} ${DOCUMENT}`,
      `request ${USER} ${JOB}`,
      `request ${USER}`,
    ]);
  });

  test("is not counted without a token", async () => {
    await world.request("/api/upload/limits", { user: null });
    expect(world.taken).toEqual([]);
  });

  test("is not counted when it asks for health", async () => {
    const answer = await world.request("/api/health", { user: null });
    expect(answer.headers.has("ratelimit-limit")).toBe(false);
    expect(world.taken).toEqual([]);
  });
});

describe("an upload", () => {
  const UPLOAD = "/api/upload-document-backend";
  const file = {
    filename: "report.pdf",
    bytes_len: 1234,
    mime: "application/pdf",
    sha256: "0".repeat(64),
  };
  const form = () => {
    const body = new FormData();
    body.set("file", new File(["%PDF-1.7"], "report.pdf"));
    return { method: "POST", body };
  };
  const ways: [string, () => RequestInit & { json?: unknown }, number][] = [
    ["by itself", () => ({ json: file }), 200],
    ["that is malformed", () => ({ json: {} }), 422],
    ["under a key", () => ({
      json: file,
      headers: { "idempotency-key": "k" },
    }), 200],
    ["of many", () => ({ json: { documents: [file, file] } }), 200],
    ["with its bytes", form, 200],
  ];

  test.each(ways)("is counted once: %s", async (_what, request, status) => {
    const answer = await world.request(UPLOAD, request());
    expect(answer.status).toBe(status);
    expect(answer.headers.get("ratelimit-remaining")).toBe("999");
    expect(world.taken).toEqual([`request ${USER}`]);
  });

  test.each(ways)(
    "does nothing beyond the limit: %s",
    async (_what, request) => {
      world.rateLimit = { ...world.rateLimit, allowed: false };
      const answer = await world.request(UPLOAD, request());
      expect(answer.status).toBe(429);
      expect((await answer.json()).error.code).toBe("rate_limited");
      expect(world.taken).toEqual([`request ${USER}`]);
      expect(world.registered).toEqual([]);
      expect(world.keys.size).toBe(0);
    },
  );

  test("is counted each time it is repeated under its key", async () => {
    const request = { json: file, headers: { "idempotency-key": "k" } };
    await world.request(UPLOAD, request);
    const again = await world.request(UPLOAD, request);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("ratelimit-remaining")).toBe("999");
    expect(world.taken).toHaveLength(2);
    expect(world.registered).toHaveLength(1);
  });

  test("is counted separately when it fails in the database", async () => {
    world.queries.countAndRegisterUpload = () => Promise.reject(new Error("rolled back"));
    const answer = await world.request(UPLOAD, { json: file });
    expect(answer.status).toBe(500);
    expect(world.taken).toEqual([`request ${USER}`]);
  });
});

describe("an attempt to sign in", () => {
  const attempt = (route: string, json = {}) =>
    world.request(`/api/auth/${route}`, {
      user: null,
      json,
      headers: { "x-forwarded-for": "invented, 203.0.113.7" },
    });

  test.each([
    ["login", "sign-in 203.0.113.7"],
    ["signup", "sign-in 203.0.113.7"],
    ["refresh", "refresh 203.0.113.7"],
  ])(
    "at %s is counted by address, successful or not",
    async (route, counted) => {
      expect((await attempt(route)).status).toBe(422);
      expect(world.taken).toEqual([counted]);
    },
  );

  test("answers 429 beyond the limit, before Auth is asked", async () => {
    world.rateLimit = { ...world.rateLimit, allowed: false };
    const answer = await attempt("login", {
      email: "ada@example.test",
      password: "guessed",
    });
    expect(answer.status).toBe(429);
  });

  test("does not count a browser's preflight request", async () => {
    await world.request("/api/auth/login", {
      method: "OPTIONS",
      user: null,
      headers: {
        origin: "https://app.example",
        "access-control-request-method": "POST",
      },
    });
    expect(world.taken).toEqual([]);
  });
});
