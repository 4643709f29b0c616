import type { RealtimeChannel, SupabaseClient } from "@supabase/supabase-js";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ANN, BEN, type RealtimeUnderTest, startRealtimeUnderTest } from "./testing/realtime_under_test.ts";

let realtime: RealtimeUnderTest;

beforeAll(async () => realtime = await startRealtimeUnderTest());
afterAll(() => realtime?.stop());
afterEach(() => expect(realtime.takeErrors()).toEqual([]));

/** Joins, and waits for the first answer. */
async function join(client: SupabaseClient, topic: string, config: Record<string, unknown> = { private: true }) {
  await client.realtime.setAuth();
  const messages: Record<string, unknown>[] = [];
  const states: string[] = [];
  const system: { message: string }[] = [];
  const channel: RealtimeChannel = client.channel(topic, { config });
  const answer = await new Promise<{ status: string; reason?: string }>((resolve) =>
    channel
      .on("broadcast", { event: "*" }, (message) => messages.push(message))
      .on("system", {}, (message) => system.push(message))
      .subscribe((status, error) => {
        states.push(status);
        resolve({ status, reason: error?.message });
      })
  );
  return { channel, messages, states, system, ...answer };
}

const send = (topic: string, payload: unknown, isPrivate = true) =>
  realtime.sql`select realtime.send(${realtime.sql.json(payload as never)}, 'moved', ${topic}, ${isPrivate})`;

it("delivers a committed message to its topic's private channel", async () => {
  const token = await realtime.token(ANN);
  const { messages, status } = await join(realtime.client(() => token), `user:${ANN}`);
  expect(status).toBe("SUBSCRIBED");
  await send(`user:${ANN}`, { n: 1, text: "grüße" });
  await send(`user:${BEN}`, { n: 2 });
  await send(`user:${ANN}`, { n: 3 }, false);
  await send(`user:${ANN}`, { n: 4 });
  await expect.poll(() => messages.length).toBe(2);
  expect(messages.map(({ event, type }) => ({ event, type }))).toEqual(
    Array(2).fill({ event: "moved", type: "broadcast" }),
  );
  expect(messages.map(({ payload }) => payload)).toMatchObject([{ n: 1, text: "grüße" }, { n: 4 }]);
});

it("sends nothing of a transaction that is rolled back, and the rest in the order of commits", async () => {
  const token = await realtime.token(ANN);
  const { messages } = await join(realtime.client(() => token), `user:${ANN}`);
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const first = realtime.sql.begin(async (tx) => {
    await tx`select realtime.send('{"n": 1}', 'moved', ${`user:${ANN}`})`;
    begun.resolve();
    await gate.promise;
  });
  await begun.promise;
  await realtime.sql.begin(async (tx) => {
    await tx`select realtime.send('{"n": 0}', 'moved', ${`user:${ANN}`})`;
    throw new Error("undo");
  }).catch(() => {});
  await send(`user:${ANN}`, { n: 2 });
  gate.resolve();
  await first;
  await expect.poll(() => messages.length).toBe(2);
  expect(messages.map(({ payload }) => (payload as { n: number }).n)).toEqual([2, 1]);
});
