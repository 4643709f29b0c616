import { Buffer } from "node:buffer";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOCAL_KEYS } from "../../../scripts/platform/stack/keys.ts";
import { wakeToken } from "../../functions/worker/wake_token.ts";
import { useLimits } from "./changed_limits.ts";
import { Contract } from "./contract.ts";
import { call, createUser, functionEnds, functionsUrl, restartFunctions, type User, webhookStatus } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

const sql = useDatabase();
const setLimits = useLimits(sql);
let user: User;
let contract: Contract;
beforeAll(async () => {
  await restartFunctions();
  user = await createUser();
  contract = await Contract.read();
});
afterAll(async () => {
  // The flood has used up what this isolate may record of rejected callbacks within the minute.
  await restartFunctions();
});

const MIB = 2 ** 20;
const CHUNK = Buffer.alloc(64 * 1024, "x");

/** A body without a declared length, which ends at the bound or when the server stops reading. */
function endless(bound: number) {
  let sent = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      if (sent >= bound) return controller.close();
      sent += CHUNK.length;
      controller.enqueue(new Uint8Array(CHUNK));
      // Yields, so that the server can count and answer.
      await pause(0);
    },
  });
  return { body, sent: () => sent };
}

describe("bodies are limited by received bytes, not by their headers", () => {
  /** Body limits by kind of route, in bytes. */
  const LIMITS: Record<string, { contentType: string; within: number }> = {
    json: { contentType: "application/json", within: 64 * 1024 },
    callback: { contentType: "application/json", within: MIB },
  };
  const IN_FLIGHT = 8 * MIB;
  const kindOf = (route: string) => LIMITS[route.includes("/webhook/") ? "callback" : "json"];

  async function send(path: string, contentType: string) {
    const { body, sent } = endless(64 * MIB);
    const response = await fetch(`${functionsUrl}${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${user.token}`,
        "content-type": contentType,
      },
      body,
    });
    const answer = await response.json();
    return { status: response.status, code: answer.error?.code, sent: sent() };
  }

  it("returns 413 on every route with a body", async () => {
    const routes = [...contract.operations.entries()].filter(
      ([route, { requestBody }]) => route.startsWith("POST") && requestBody,
    );
    expect(routes.length).toBeGreaterThanOrEqual(7);
    for (const [route] of routes) {
      const path = route.split(" ")[1]
        .replaceAll(/\{\w+\}/g, crypto.randomUUID());
      const { contentType, within } = kindOf(route);
      const { status, code, sent } = await send(path, contentType);
      expect([route, status, code]).toEqual([route, 413, "body_too_large"]);
      expect([route, sent < within + IN_FLIGHT]).toEqual([route, true]);
    }
  });

  it("stops reading on the worker's routes, which ignore bodies", async () => {
    const { body, sent } = endless(64 * MIB);
    const token = wakeToken(LOCAL_KEYS.workerSecret, "cleanup");
    const response = await fetch(`${functionsUrl}/worker/cleanup`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body,
    });
    await response.body?.cancel();
    expect(response.status).toBe(202);
    expect(sent()).toBeLessThan(IN_FLIGHT);
  });

  it("returns 413 for a form beyond the largest file", async () => {
    await setLimits({ max_file_bytes: MIB });
    const { status, code, sent } = await send(
      "/api/upload-document-backend",
      "multipart/form-data; boundary=x",
    );
    expect([status, code]).toEqual([413, "file_too_large"]);
    expect(sent).toBeLessThan(MIB + IN_FLIGHT);
  });

  it("stops reading on routes without a body", async () => {
    for (
      const [method, path, status] of [
        ["DELETE", `/api/documents/${crypto.randomUUID()}`, 404],
        ["POST", `/api/jobs/${crypto.randomUUID()}/retry`, 422],
      ] as const
    ) {
      const { body, sent } = endless(64 * MIB);
      const response = await fetch(`${functionsUrl}${path}`, {
        method,
        headers: { authorization: `Bearer ${user.token}` },
        body,
      });
      await response.body?.cancel();
      expect([path, response.status]).toEqual([path, status]);
      expect(sent()).toBeLessThan(IN_FLIGHT);
    }
  });
});

describe("a flood on one route", () => {
  const FLOOD = 600;
  const AT_ONCE = 20;
  /** Limit for other requests meanwhile; generous, because the flood's sender shares the machine. */
  const P95_MS = 1_500;
  const p95Of = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)];

  async function flood(send: () => Promise<Response>) {
    const statuses = new Set<number>();
    const times: number[] = [];
    const numbers = Array.from({ length: FLOOD }).values();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (const _ of numbers) {
        const started = performance.now();
        const response = await send();
        await response.body?.cancel();
        times.push(performance.now() - started);
        statuses.add(response.status);
      }
    }));
    return { statuses: [...statuses], p95: p95Of(times) };
  }

  const refusals = async (): Promise<number> => (await webhookStatus()).refused_24h;

  async function othersDuring(flooding: Promise<unknown>) {
    let isOver = false;
    flooding.finally(() => isOver = true);
    const times: number[] = [];
    while (!isOver) {
      const started = performance.now();
      const { status } = await call("/api/documents", { user });
      times.push(performance.now() - started);
      expect(status).toBe(200);
      await pause(20);
    }
    return times;
  }

  it.each([
    ["forged callbacks", () =>
      fetch(`${functionsUrl}/webhook/llamaparse`, {
        method: "POST",
        body: JSON.stringify({ event_type: "parse.success" }),
        headers: { "lc-signature": `sha256=${"0".repeat(64)}` },
      }), [401]],
    [
      "guessed tokens of the worker",
      () =>
        fetch(`${functionsUrl}/worker/parse`, {
          method: "POST",
          headers: { authorization: `Bearer ${wakeToken("guessed", "parse")}` },
        }),
      [401],
    ],
    ["forged tokens", () =>
      fetch(`${functionsUrl}/api/documents`, {
        headers: { authorization: `Bearer ${user.token}x` },
      }), [401]],
  ])(
    "of %s leaves the other routes answering",
    async (_what, send, expected) => {
      await call("/api/documents", { user });
      const before = await functionEnds("api");
      const refusalsBefore = await refusals();
      const flooding = flood(send);
      const times = await othersDuring(flooding);
      const { statuses, p95 } = await flooding;
      expect(statuses).toEqual(expected);
      expect(times.length).toBeGreaterThan(1);
      // On a busy machine every request waits, but not much longer than the flood's.
      expect(p95Of(times)).toBeLessThan(Math.max(P95_MS, 4 * p95));
      const after = await functionEnds("api");
      expect(after.killed).toBe(before.killed);
      // Rejected requests must not fill the database: each isolate records at most a minute's allotment, and the next minute's.
      const isolates = 2 + after.retired - before.retired;
      expect(await refusals() - refusalsBefore).toBeLessThanOrEqual(
        60 * isolates,
      );
    },
  );
});
