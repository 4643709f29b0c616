import { beforeEach, describe, expect, test } from "vitest";
import type { App } from "../_shared/app_context.ts";
import type { Origin } from "../_shared/audit.ts";
import { createLogger } from "../_shared/log.ts";
import { hmacHex, jobSecret } from "../_shared/signature.ts";
import { createWebhook } from "./app.ts";
import type { Delivery, DeliveryOutcome, Refusal } from "./queries.ts";

const SECRET = "a-webhook-signing-secret";
const PREVIOUS = "the-signing-secret-before-it";
const JOB = "0b780576-24d4-5f60-a700-b14c08f7da3e";
const EVENT = JSON.stringify({
  event_id: "evt-1",
  event_type: "parse.success",
  timestamp: 1753985275.11,
  data: { id: "pjb-1", job_id: "pjb-1" },
});

let app: App;
let received: Delivery[];
let refused: Refusal[];
let origins: Origin[];
let outcome: DeliveryOutcome;
let databaseDown: boolean;
let lines: string[];

beforeEach(() => {
  // A new array per test: lines of the test before may still arrive.
  const written: string[] = lines = [];
  received = [];
  refused = [];
  origins = [];
  outcome = "accepted";
  databaseDown = false;
  const reach = () => {
    if (!databaseDown) return;
    throw Object.assign(new Error("no route"), { code: "CONNECT_TIMEOUT" });
  };
  app = createWebhook({
    signingSecrets: [SECRET, PREVIOUS],
    metricsSecrets: ["a-metrics-secret"],
    logger: createLogger("webhook", (line) => written.push(line)),
    ledger: {
      // deno-lint-ignore require-await
      async receive(delivery) {
        reach();
        received.push(delivery);
        return outcome;
      },
      // deno-lint-ignore require-await
      async refuse(reason, origin) {
        reach();
        refused.push(reason);
        origins.push(origin);
      },
      // deno-lint-ignore require-await
      async summary() {
        reach();
        return {
          last_delivery_at: new Date("2026-01-02T03:04:05Z"),
          deliveries_24h: 7,
          refused_24h: 1,
        };
      },
    },
  });
});

interface Call {
  job?: string;
  secret?: string;
  headers?: Record<string, string>;
}

/** A callback as LlamaParse signs it. */
async function deliver(
  body: string,
  { job, secret, headers = {} }: Call = {},
) {
  const key = secret ?? (job ? jobSecret(SECRET, job) : SECRET);
  return await send(body, job, {
    "lc-signature": `sha256=${hmacHex(key, body)}`,
    ...headers,
  });
}

function send(
  body: BodyInit,
  job: string | undefined,
  headers: Record<string, string>,
) {
  return app.request(`/webhook/llamaparse${job ? `/${job}` : ""}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
}

describe("several large callbacks at once", () => {
  test("are refused beyond the capacity, while small ones are accepted", async () => {
    const held: ReadableStreamDefaultController<Uint8Array>[] = [];
    const endless = () =>
      new ReadableStream<Uint8Array<ArrayBuffer>>({
        start: (controller) => void held.push(controller),
      });
    const waiting = Array.from({ length: 32 }, () => send(endless(), JOB, {}));
    const busy = await send(endless(), JOB, {});
    expect([busy.status, (await busy.json()).error.code]).toEqual([
      503,
      "too_busy",
    ]);
    expect(busy.headers.get("retry-after")).toBe("2");
    const small = await send(EVENT, undefined, {
      "content-length": String(EVENT.length),
      "lc-signature": `sha256=${hmacHex(SECRET, EVENT)}`,
    });
    expect(small.status).toBe(200);
    for (const controller of held) controller.close();
    const answers = await Promise.all(waiting);
    expect(new Set(answers.map(({ status }) => status))).toEqual(
      new Set([401]),
    );
    expect((await deliver(EVENT)).status).toBe(200);
  });
});

describe("a signed callback", () => {
  test("is recorded with the job that it names", async () => {
    const answer = await deliver(EVENT, {
      headers: { "x-request-id": "trace-1" },
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "accepted" });
    expect(received).toEqual([{
      eventId: "evt-1",
      eventType: "parse.success",
      providerJobId: "pjb-1",
      jobId: null,
      requestId: "trace-1",
    }]);
    expect(refused).toEqual([]);
  });

  test("is recorded without characters that Postgres text cannot hold", async () => {
    const event = {
      event_id: "a\0b",
      event_type: "c\0d",
      data: { job_id: "\ud800" },
    };
    expect((await deliver(JSON.stringify(event))).status).toBe(200);
    expect(received[0]).toMatchObject({
      eventId: "a\ufffdb",
      eventType: "c\ufffdd",
      providerJobId: "\ufffd",
    });
  });

  test("is recorded for the job when it comes to the job's URL", async () => {
    expect((await deliver(EVENT, { job: JOB })).status).toBe(200);
    expect(received[0]).toMatchObject({ jobId: JOB, providerJobId: "pjb-1" });
  });

  test("is accepted when its job was submitted with the previous secret", async () => {
    const secret = await jobSecret(PREVIOUS, JOB);
    expect((await deliver(EVENT, { job: JOB, secret })).status).toBe(200);
    expect((await deliver(EVENT, { secret: PREVIOUS })).status).toBe(200);
  });

  test.each(["duplicate", "ignored", "unknown_job"] as const)(
    "answers 200 when it is %s, so that it is not sent again",
    async (status) => {
      outcome = status;
      const answer = await deliver(EVENT);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ status });
    },
  );

  test("is read when its JSON is encoded twice", async () => {
    expect((await deliver(JSON.stringify(EVENT))).status).toBe(200);
    expect(received[0].eventId).toBe("evt-1");
  });

  test("may carry its id and type in the headers", async () => {
    await deliver('{"data":{"id":"pjb-2"}}', {
      headers: {
        "x-webhook-event-id": "evt-2",
        "x-webhook-event-type": "parse.error",
      },
    });
    expect(received[0]).toMatchObject({
      eventId: expect.stringMatching(/^sha256:[0-9a-f]{64}:[0-9a-f]{64}$/),
      eventType: "parse.error",
      providerJobId: "pjb-2",
    });
  });

  test("cannot take another callback's id by its unsigned header", async () => {
    const headers = {
      "x-webhook-event-id": "evt-2",
      "x-webhook-event-type": "parse.success",
    };
    await deliver('{"data":{"id":"pjb-1"}}', { headers });
    await deliver('{"data":{"id":"pjb-2"}}', { headers });
    await deliver('{"event_id":"evt-2","data":{"id":"pjb-2"}}', { headers });
    expect(new Set(received.map(({ eventId }) => eventId)).size).toBe(3);
  });

  test("has an id that can be stored, however long the header is", async () => {
    await deliver('{"data":{"id":"pjb-1"}}', {
      job: JOB,
      secret: await jobSecret(SECRET, JOB),
      headers: {
        "x-webhook-event-id": "e".repeat(200),
        "x-webhook-event-type": "parse.success",
      },
    });
    expect(received[0].eventId.length).toBeLessThanOrEqual(200);
  });

  test("takes precedence over its unsigned headers", async () => {
    await deliver(EVENT, {
      headers: {
        "x-webhook-event-id": "replayed",
        "x-webhook-event-type": "parse.error",
      },
    });
    expect(received[0]).toMatchObject({
      eventId: "evt-1",
      eventType: "parse.success",
    });
  });
});

describe("answers 401 and counts the refusal when a callback comes", () => {
  const expectRefused = async (answer: Response) => {
    expect(answer.status).toBe(401);
    expect((await answer.json()).error.code).toBe("invalid_signature");
    expect(received).toEqual([]);
    expect(refused).toEqual(["invalid_signature"]);
  };

  test("without a signature", async () => {
    await expectRefused(await send(EVENT, undefined, {}));
  });

  test("without a signature to a job's URL", async () => {
    await expectRefused(await send(EVENT, JOB, {}));
  });

  test("with another secret", async () => {
    await expectRefused(await deliver(EVENT, { secret: "guessed" }));
  });

  test("with a changed body", async () => {
    const signature = hmacHex(SECRET, EVENT);
    await expectRefused(
      await send(EVENT.replace("pjb-1", "pjb-9"), undefined, {
        "lc-signature": `sha256=${signature}`,
      }),
    );
  });

  test.each(["", "sha256=", "sha256=zz", "sha1=00", "0".repeat(64)])(
    "with %j as its signature",
    async (signature) => {
      await expectRefused(
        await send(EVENT, undefined, { "lc-signature": signature }),
      );
    },
  );

  test("with one job's secret at another job's URL", async () => {
    const secret = jobSecret(SECRET, crypto.randomUUID());
    await expectRefused(await deliver(EVENT, { job: JOB, secret }));
  });

  test("with the general secret at a job's URL, or a job's secret at the general URL", async () => {
    await expectRefused(await deliver(EVENT, { job: JOB, secret: SECRET }));
    refused = [];
    const secret = jobSecret(SECRET, JOB);
    await expectRefused(await deliver(EVENT, { secret }));
  });

  test("with a legacy signature at the general URL", async () => {
    await expectRefused(
      await send(EVENT, undefined, {
        "x-webhook-signature": hmacHex(SECRET, EVENT),
      }),
    );
  });

  test("with a wrong signature beside a right legacy one", async () => {
    const legacy = hmacHex(jobSecret(SECRET, JOB), EVENT);
    await expectRefused(
      await send(EVENT, JOB, {
        "lc-signature": "sha256=00",
        "x-webhook-signature": legacy,
      }),
    );
  });

  test("and records its address", async () => {
    await expectRefused(
      await send(EVENT, undefined, {
        "x-request-id": "trace-1",
        "x-forwarded-for": "203.0.113.7",
      }),
    );
    expect(origins).toEqual([
      { requestId: "trace-1", network: "203.0.113.0/24" },
    ]);
  });

  test("and the database is unavailable", async () => {
    databaseDown = true;
    expect((await send(EVENT, undefined, {})).status).toBe(401);
  });
});

describe("a legacy callback at a job's own URL", () => {
  const legacy = async (body: unknown, job = JOB) => {
    const raw = JSON.stringify(body);
    return await send(raw, job, {
      "x-webhook-signature": hmacHex(jobSecret(SECRET, job), raw),
    });
  };

  test("with content only triggers a look at the job", async () => {
    const answer = await legacy({ txt: "…", md: "# Untrusted", json: [] });
    expect(answer.status).toBe(200);
    expect(received[0]).toMatchObject({
      jobId: JOB,
      eventType: "parse.success",
      providerJobId: null,
      eventId: expect.stringMatching(/^[0-9a-f-]{36}:sha256:[0-9a-f]{64}$/),
    });
    expect(JSON.stringify(received)).not.toMatch(/Untrusted/);
  });

  test("has the same event id when it is sent again, and another id for another body or job", async () => {
    await legacy({ md: "one" });
    await legacy({ md: "one" });
    await legacy({ md: "two" });
    await legacy({ md: "one" }, crypto.randomUUID());
    const [first, again, ...others] = received.map(({ eventId }) => eventId);
    expect(again).toBe(first);
    expect(new Set([first, ...others]).size).toBe(3);
  });

  test.each([
    ["SUCCESS", "parse.success"],
    ["ERROR", "parse.error"],
    ["failed", "parse.error"],
    ["CANCELLED", "parse.cancelled"],
    ["PARTIAL_SUCCESS", "parse.partial_success"],
  ])("with status %s counts as %s", async (status, eventType) => {
    await legacy({ job_id: "pjb-3", status, result: { md: "x" } });
    expect(received[0]).toMatchObject({ eventType, providerJobId: "pjb-3" });
  });
});

describe("an unreadable callback", () => {
  test.each([
    "",
    "not json",
    '"not json"',
    "[]",
    "null",
    "7",
    "{}",
    JSON.stringify({ event_type: "x".repeat(201) }),
    JSON.stringify({ event_type: "parse.success", data: { id: {} } }),
  ])("answers 400 and is counted as malformed: %j", async (body) => {
    const answer = await deliver(body);
    expect(answer.status).toBe(400);
    expect(received).toEqual([]);
    expect(refused).toEqual(["malformed"]);
  });

  test("answers 413 and is counted, without reading the rest, when it exceeds 1 MiB", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        sent += 64 * 1024;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    const answer = await send(endless, undefined, {});
    expect(answer.status).toBe(413);
    expect(refused).toEqual(["too_large"]);
    expect(sent).toBeLessThan(2 * 1024 * 1024);
  });

  test("answers 404 at a URL without a job id", async () => {
    const answer = await deliver(EVENT, { job: "not-a-uuid" });
    expect(answer.status).toBe(404);
    expect(received).toEqual([]);
  });
});

test("a callback writes one log line with its outcome", async () => {
  outcome = "duplicate";
  await deliver(EVENT);
  // The line is written after the response.
  await new Promise((resolve) => setTimeout(resolve));
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      message: "request",
      status: 200,
      outcome: "duplicate",
      event_id: received[0].eventId,
      event_type: received[0].eventType,
      provider_job_id: received[0].providerJobId,
    }),
  ]);
});

test("answers 503 when the database is unavailable, so that LlamaParse sends the callback again", async () => {
  databaseDown = true;
  const answer = await deliver(EVENT);
  expect(answer.status).toBe(503);
  expect((await answer.json()).error.code).toBe("database_unavailable");
});

test("the status page shows only readiness when the caller has no secret", async () => {
  const answer = await app.request("/webhook/status");
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ status: "ok" });
  databaseDown = true;
  expect((await app.request("/webhook/status")).status).toBe(503);
});

test("the status page shows deliveries and refusals to operators", async () => {
  const answer = await app.request("/webhook/status", {
    headers: { authorization: "Bearer a-metrics-secret" },
  });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    status: "ok",
    last_delivery_at: "2026-01-02T03:04:05.000Z",
    deliveries_24h: 7,
    refused_24h: 1,
  });
});

test("the test page answers when the database is unavailable", async () => {
  databaseDown = true;
  expect((await app.request("/webhook/test")).status).toBe(200);
});
