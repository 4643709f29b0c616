import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeWorld } from "../testing/fakes.ts";

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

afterEach(() => vi.useRealTimers());

const ask = () => world.request("/api/health", { user: null });

test("answers 200 with each part, the version and the last migration", async () => {
  const answer = await ask();
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    status: "ok",
    version: "1.2.3",
    build: null,
    migration: "20260101000000",
    parts: {
      database: { status: "ok", latency_ms: expect.any(Number) },
      storage: { status: "ok", latency_ms: expect.any(Number) },
      queue: { status: "ok" },
      providers: { status: "ok", open_circuits: [] },
    },
  });
});

test.each([
  ["one who shows METRICS_SECRET", "Bearer a-metrics-secret", true],
  ["one who shows another", "Bearer a-user's-token", false],
])(
  "shows the queues' length to %s: %s %s",
  async (_, authorization, isShown) => {
    world.metricsSecrets = ["a-metrics-secret"];
    const answer = await world.request("/api/health", {
      user: null,
      headers: { authorization },
    });
    expect((await answer.json()).parts.queue).toEqual({
      status: "ok",
      ...isShown && {
        oldest_message_seconds: 3,
        waiting_messages: 1,
        dead_letter_jobs: 0,
      },
    });
  },
);

test("is degraded, not down, when a message has waited over 300 s", async () => {
  const found = await world.queries.health(1_000);
  for (
    const [seconds, status] of [[300, "ok"], [301, "degraded"], [null, "ok"]]
  ) {
    world.queries.health = () =>
      Promise.resolve({
        ...found,
        oldest_message_seconds: seconds as number | null,
      });
    const answer = await ask();
    expect(answer.status).toBe(200);
    const body = await answer.json();
    expect([body.status, body.parts.queue.status]).toEqual([status, status]);
  }
});

test("answers 503 that names the database when it fails, and logs the reason", async () => {
  world.queries.health = () => Promise.reject(new Error("password of postgres"));
  const answer = await ask();
  expect(answer.status).toBe(503);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({
    status: "unavailable",
    parts: { database: { status: "unavailable" }, storage: { status: "ok" } },
    error: { code: "unhealthy", message: "Unavailable: database." },
  });
  expect(text).not.toMatch(/password/);
  expect(world.lines.join()).toMatch(/password of postgres/);
});

test("answers 503 that names Storage when it fails", async () => {
  world.storage.check = () => Promise.reject(new Error("refused"));
  const answer = await ask();
  expect(answer.status).toBe(503);
  expect((await answer.json()).error.message).toBe("Unavailable: storage.");
});

test("answers alive without checking any part", async () => {
  world.queries.health = () => Promise.reject(new Error("down"));
  world.storage.check = () => Promise.reject(new Error("down"));
  const answer = await world.request("/api/health/live", { user: null });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    status: "alive",
    version: "1.2.3",
    build: null,
  });
  expect(world.lines.join()).not.toMatch(/down/);
});

test.each([
  ["the database is asked once a second", "database", 1_000],
  ["Storage is asked once in five seconds", "storage", 5_000],
])(
  "checks a part at most once per period for all callers: %s",
  async (_, part, standsMs) => {
    vi.useFakeTimers({ toFake: ["performance"] });
    let asked = 0;
    const askOnce = <T>(answer: T) => {
      asked++;
      return asked === 2 ? Promise.reject(new Error("gone")) : Promise.resolve(answer);
    };
    if (part === "storage") {
      world.storage.check = () => askOnce(undefined);
    } else {
      const found = await world.queries.health(1_000);
      world.queries.health = () => askOnce(found);
    }
    const api = world.api();
    const statuses = (count: number) =>
      Promise.all(Array.from({ length: count }, async () => {
        const { status } = await api.request("/api/health");
        return status;
      }));

    expect(new Set(await statuses(20))).toEqual(new Set([200]));
    vi.advanceTimersByTime(standsMs - 1);
    expect(await statuses(1)).toEqual([200]);
    expect(asked).toBe(1);
    vi.advanceTimersByTime(1);
    expect(new Set(await statuses(20))).toEqual(new Set([503]));
    expect(asked).toBe(2);
    vi.advanceTimersByTime(standsMs);
    expect(await statuses(1)).toEqual([200]);
  },
);

test("answers in time, and cancels the query, when a part hangs", async () => {
  let given: number | undefined;
  world.queries.health = (timeoutMs) => {
    given = timeoutMs;
    return new Promise(() => {});
  };
  world.storage.check = () => new Promise(() => {});
  vi.useFakeTimers();
  const asked = ask();
  await vi.advanceTimersByTimeAsync(3_000);
  const answer = await asked;
  expect(answer.status).toBe(503);
  expect((await answer.json()).error.message).toBe(
    "Unavailable: database, storage.",
  );
  expect(given).toBe(2_000);
  expect(answer.headers.get("retry-after")).toBe("5");
});
