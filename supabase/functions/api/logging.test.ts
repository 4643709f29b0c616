import { beforeEach, expect, test } from "vitest";
import { ProviderError, StorageError } from "../_shared/errors.ts";
import { FakeWorld, USER } from "./testing/fakes.ts";

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

/**
 * Content that only the user may know, in one form or another in every request.
 */
const PRIVATE = "the-quince-harvest";
const SHA256 = "a".repeat(64);

const requests: [string, RequestInit & { json?: unknown }][] = [
  ["/api/upload-document-backend", {
    json: {
      filename: `${PRIVATE}.pdf`,
      bytes_len: 10,
      mime: "application/pdf",
      sha256: SHA256,
    },
    headers: { "idempotency-key": PRIVATE },
  }],
  ["/api/upload-document-backend", { json: { filename: PRIVATE } }],
  ["/api/search", { json: { query: PRIVATE } }],
  ["/api/search", { json: { query: PRIVATE, k: PRIVATE } }],
  [`/api/documents?q=${PRIVATE}`, {}],
  [`/api/documents?cursor=${PRIVATE}`, {}],
  [`/api/documents/${PRIVATE}/status`, {}],
  [`/api/${PRIVATE}`, {}],
  ["/api/auth/login", { json: { email: "a@example.test", password: PRIVATE } }],
  ["/api/auth/refresh", { json: { refresh_token: PRIVATE } }],
];

const worlds: [string, (world: FakeWorld) => void][] = [
  ["while all is well", () => {}],
  ["while the providers and Storage fail", (world) => {
    world.storage.signUpload = () =>
      Promise.reject(
        new StorageError("busy", new Error("busy")),
      );
    world.embedder.embed = () =>
      Promise.reject(
        new ProviderError("throttled", "OPENAI_RATE_LIMITED", {
          message: "busy",
        }),
      );
  }],
  ["while the database fails", (world) => {
    const fails = () => Promise.reject(new Error("syntax error at or near"));
    world.queries.registerUpload = fails;
    world.queries.searchChunks = fails;
    world.queries.listDocuments = fails;
  }],
];

test.each(worlds)(
  "%s each request writes one log line without its content",
  async (_, happen) => {
    happen(world);
    for (const [path, init] of requests) {
      world.lines = [];
      const { status } = await world.request(path, init);
      const lines = await world.logged();
      const logged = lines.map((line) => JSON.parse(line)).filter((
        { message },
      ) => message === "request");
      expect(logged).toEqual([
        expect.objectContaining({
          service: "api",
          status,
          method: init.json ? "POST" : "GET",
          request_id: expect.any(String),
          duration_ms: expect.any(Number),
        }),
      ]);
      const text = lines.join("\n");
      expect(text).not.toContain(PRIVATE);
      expect(text).not.toContain(`Bearer ${USER}`);
      expect(text).not.toContain("token=");
    }
  },
);
