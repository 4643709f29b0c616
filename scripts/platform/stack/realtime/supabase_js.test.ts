import type { RealtimeChannel, SupabaseClient } from "@supabase/supabase-js";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ANN, BEN } from "../testing/test_users.ts";
import { type RealtimeUnderTest, startRealtimeUnderTest } from "./testing/realtime_under_test.ts";

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

it("refuses to join another user's topic, and what is no topic of a user", async () => {
  const token = await realtime.token(ANN);
  const client = realtime.client(() => token);
  for (const topic of [`user:${BEN}`, "user:*", "user:%", `user:${ANN} `, "service", "realtime:system", "phoenix"]) {
    const { status, reason } = await join(client, topic);
    expect(status).toBe("CHANNEL_ERROR");
    expect(reason).toBe(`Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`);
  }
});

it.each<[string, () => Promise<string>, string]>([
  ["expired", () => realtime.token(ANN, { exp: now() - 10 }), "InvalidJWTToken: Token has expired 1"],
  [
    "without a role",
    () => realtime.token(ANN, { role: undefined }),
    "InvalidJWTToken: Fields `role` and `exp` are required in JWT",
  ],
  [
    "of an unknown role",
    () => realtime.token(ANN, { role: "nobody_knows" }),
    "Unauthorized: You do not have permissions",
  ],
  ["of the role anon", () => realtime.token(ANN, { role: "anon" }), "Unauthorized: You do not have permissions"],
  ["forged", () => forged(realtime.token(ANN)), "JwtSignatureError: Failed to validate JWT signature"],
  ["unsigned", () => unsigned(realtime.token(ANN)), "JwtSignerError: Failed to generate JWT signer"],
  ["no token", () => Promise.resolve("not-a-token"), "MalformedJWT: The token provided is not a valid JWT"],
])("refuses a join when the token is %s", async (_, make, reason) => {
  const token = await make();
  const answer = await join(realtime.client(() => token), `user:${ANN}`);
  expect(answer.status).toBe("CHANNEL_ERROR");
  expect(answer.reason).toMatch(new RegExp(`^${reason.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`));
});

it("refuses a private channel without a session, and lets it join a public one", async () => {
  const client = realtime.client();
  expect((await join(client, `user:${ANN}`)).reason).toMatch(/^Unauthorized/);
  const { status, messages } = await join(client, "news", { private: false });
  expect(status).toBe("SUBSCRIBED");
  await send("news", { n: 1 });
  await send("news", { n: 2 }, false);
  await expect.poll(() => messages.map(({ payload }) => (payload as { n: number }).n)).toEqual([2]);
});

it("does not deliver private messages to a public channel of the same topic", async () => {
  const token = await realtime.token(BEN);
  const spy = await join(realtime.client(() => token), `user:${ANN}`, { private: false });
  expect(spy.status).toBe("SUBSCRIBED");
  const own = await realtime.token(ANN);
  const { messages } = await join(realtime.client(() => own), `user:${ANN}`);
  await send(`user:${ANN}`, { n: 1 });
  await expect.poll(() => messages.length).toBe(1);
  expect(spy.messages).toEqual([]);
});

it("keeps a channel when its token is renewed, and closes it when it is not", async () => {
  let token = await realtime.token(ANN, { exp: now() + 2 });
  const renewing = realtime.client(() => token);
  const kept = await join(renewing, `user:${ANN}`);
  const short = await realtime.token(ANN, { exp: now() + 2 });
  const closed = await join(realtime.client(() => short), `user:${ANN}`);
  token = await realtime.token(ANN);
  await renewing.realtime.setAuth();
  await expect.poll(() => closed.states).toEqual(["SUBSCRIBED", "CLOSED"]);
  expect(closed.system.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Token has expired \d seconds ago$/),
  ]);
  await send(`user:${ANN}`, { n: 1 });
  await expect.poll(() => kept.messages.length).toBe(1);
  expect(kept.states).toEqual(["SUBSCRIBED"]);
  expect(closed.messages).toEqual([]);
});

it("closes a channel when it is renewed with another user's token", async () => {
  let token = await realtime.token(ANN);
  const client = realtime.client(() => token);
  const { states, system, messages } = await join(client, `user:${ANN}`);
  token = await realtime.token(BEN);
  await client.realtime.setAuth();
  await expect.poll(() => states).toEqual(["SUBSCRIBED", "CLOSED"]);
  expect(system[0].message).toBe(`You do not have permissions to read from this Channel topic: user:${ANN}`);
  await send(`user:${ANN}`, { n: 1 });
  await pause(200);
  expect(messages).toEqual([]);
});

it("asks the policy at the join and at a renewal, not in between", async () => {
  const token = await realtime.token(ANN);
  let current = token;
  const client = realtime.client(() => current);
  const { messages, states } = await join(client, "room:open");
  await realtime.sql`drop policy read_room on realtime.messages`;
  try {
    await send("room:open", { n: 1 });
    await expect.poll(() => messages.length).toBe(1);
    current = await realtime.token(ANN, { jti: "renewed" });
    await client.realtime.setAuth();
    await expect.poll(() => states).toEqual(["SUBSCRIBED", "CLOSED"]);
  } finally {
    await realtime.sql`
      create policy read_room on realtime.messages for select to authenticated
        using ((select realtime.topic()) = 'room:open')`;
  }
});

it("delivers a client's broadcast where a policy allows it, to itself if it asks", async () => {
  const [ann, ben] = [await realtime.token(ANN), await realtime.token(BEN)];
  const sender = await join(realtime.client(() => ann), "room:open", {
    private: true,
    broadcast: { self: true, ack: true },
  });
  const receiver = await join(realtime.client(() => ben), "room:open");
  expect(await sender.channel.send({ type: "broadcast", event: "hello", payload: { n: 1 } })).toBe("ok");
  expect(await receiver.channel.send({ type: "broadcast", event: "hello", payload: { n: 2 } })).toBe("ok");
  await expect.poll(() => sender.messages.map(({ payload }) => payload)).toEqual([{ n: 1 }, { n: 2 }]);
  expect(receiver.messages.map(({ payload }) => payload)).toEqual([{ n: 1 }]);
});

it("drops a client's broadcast without an answer where no policy allows it", async () => {
  const token = await realtime.token(ANN);
  const config = { private: true, broadcast: { self: true, ack: true } };
  const { channel, messages } = await join(realtime.client(() => token), `user:${ANN}`, config);
  const sent = await channel.send({ type: "broadcast", event: "moved", payload: { n: 1 } }, { timeout: 500 });
  expect(sent).toBe("timed out");
  expect(messages).toEqual([]);
});

it("delivers nothing after the channel is left", async () => {
  const token = await realtime.token(ANN);
  const client = realtime.client(() => token);
  const { channel, messages, states } = await join(client, `user:${ANN}`);
  expect(await client.removeChannel(channel)).toBe("ok");
  await send(`user:${ANN}`, { n: 1 });
  await pause(200);
  expect(messages).toEqual([]);
  expect(states).toEqual(["SUBSCRIBED", "CLOSED"]);
});

it("does not repeat what was sent while connections were cut", async () => {
  const token = await realtime.token(ANN);
  const { messages, states } = await join(realtime.client(() => token), `user:${ANN}`);
  realtime.cutConnections();
  await expect.poll(() => states).toEqual(["SUBSCRIBED", "CHANNEL_ERROR"]);
  await send(`user:${ANN}`, { n: 1 });
  await expect.poll(() => states.at(-1)).toBe("SUBSCRIBED");
  await send(`user:${ANN}`, { n: 2 });
  await expect.poll(() => messages.map(({ payload }) => (payload as { n: number }).n)).toEqual([2]);
});

it("reads on after its replication connection is lost", async () => {
  const token = await realtime.token(ANN);
  const { messages } = await join(realtime.client(() => token), `user:${ANN}`);
  await realtime.admin`
    select pg_terminate_backend(pid) from pg_stat_replication where application_name = 'realtime_replication_connection'`;
  await expect.poll(async () => {
    await send(`user:${ANN}`, { n: 1 });
    return messages.length;
  }).toBeGreaterThan(0);
  expect(realtime.takeErrors().length).toBeGreaterThan(0);
});

it.each([
  [
    "postgres_changes",
    (channel: RealtimeChannel) => channel.on("postgres_changes", { event: "*", schema: "public" }, () => {}),
  ],
  ["presence", (channel: RealtimeChannel) => channel.on("presence", { event: "sync" }, () => {})],
])("names what it lacks when a channel asks for %s", async (feature, listen) => {
  const token = await realtime.token(ANN);
  const client = realtime.client(() => token);
  await client.realtime.setAuth();
  const channel = listen(client.channel(`user:${ANN}`, { config: { private: true } }));
  const error = await new Promise<Error | undefined>((resolve) => channel.subscribe((_, error) => resolve(error)));
  expect(error?.message).toContain(`The local stack's Realtime has no ${feature}.`);
});

const now = () => Math.floor(Date.now() / 1000);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function forged(token: Promise<string>): Promise<string> {
  const [head, , signature] = (await token).split(".");
  const claims = btoa(JSON.stringify({ sub: BEN, role: "service_role", exp: now() + 60 })).replace(/=+$/, "");
  return [head, claims, signature].join(".");
}

async function unsigned(token: Promise<string>): Promise<string> {
  const claims = (await token).split(".")[1];
  return `${btoa(JSON.stringify({ alg: "none", typ: "JWT" })).replace(/=+$/, "")}.${claims}.`;
}
