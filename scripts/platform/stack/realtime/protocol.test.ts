import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openRawClient, type RawClient } from "./testing/raw_client.ts";
import { ANN, BEN } from "../testing/test_users.ts";
import { type RealtimeUnderTest, startRealtimeUnderTest } from "./testing/realtime_under_test.ts";

let realtime: RealtimeUnderTest;
const clients: RawClient[] = [];

beforeAll(async () => realtime = await startRealtimeUnderTest());
afterAll(() => realtime?.stop());
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.close();
  await realtime.restart();
  expect(realtime.takeErrors()).toEqual([]);
});

async function open(version?: "1.0.0" | "2.0.0"): Promise<RawClient> {
  const client = await openRawClient(realtime.url, realtime.keys.publishableKey, version);
  clients.push(client);
  return client;
}

const joinOf = async (topic: string, ref = "1") => ({
  joinRef: ref,
  ref,
  topic: `realtime:${topic}`,
  event: "phx_join",
  payload: { config: { private: true }, access_token: await realtime.token(ANN) },
});

const ok = (response: unknown) => ({ status: "ok", response });

it("answers heartbeats", async () => {
  const client = await open();
  client.send({ ref: "7", topic: "phoenix", event: "heartbeat" });
  expect(await client.next({ ref: "7" })).toEqual({
    joinRef: null,
    ref: "7",
    topic: "phoenix",
    event: "phx_reply",
    payload: ok({}),
  });
});

it("answers a join and a leave, and ends the channel", async () => {
  const client = await open();
  client.send(await joinOf(`user:${ANN}`));
  expect((await client.next({ event: "phx_reply", ref: "1" })).payload).toEqual(ok({ postgres_changes: [] }));
  client.send({ joinRef: "1", ref: "2", topic: `realtime:user:${ANN}`, event: "phx_leave" });
  expect((await client.next({ event: "phx_reply", ref: "2" })).payload).toEqual(ok({}));
  expect(await client.next({ event: "phx_close" })).toMatchObject({ joinRef: "1", ref: "1", payload: {} });
  client.send({ joinRef: "1", ref: "3", topic: `realtime:user:${ANN}`, event: "broadcast" });
  expect((await client.next({ ref: "3" })).payload).toEqual({
    status: "error",
    response: { reason: "unmatched topic" },
  });
});

it("ends the earlier channel when a topic is joined again", async () => {
  const client = await open();
  client.send(await joinOf(`user:${ANN}`, "1"));
  await client.next({ event: "phx_reply", ref: "1" });
  client.send(await joinOf(`user:${ANN}`, "2"));
  expect(await client.next({ event: "phx_close" })).toMatchObject({ joinRef: "1" });
  await client.next({ event: "phx_reply", ref: "2" });
});

it("keeps a channel to the topic that it joined", async () => {
  const client = await open();
  client.send(await joinOf(`user:${ANN}`));
  await client.next({ event: "phx_reply", ref: "1" });
  const token = await realtime.token(BEN);
  client.send({
    joinRef: "1",
    ref: "2",
    topic: `realtime:user:${BEN}`,
    event: "access_token",
    payload: { access_token: token },
  });
  expect((await client.next({ ref: "2" })).payload).toMatchObject({ response: { reason: "unmatched topic" } });
  const frames: unknown[] = [];
  client.socket.addEventListener("message", ({ data }) => frames.push(data));
  await realtime.sql`select realtime.send('{}', 'moved', ${`user:${BEN}`})`;
  await realtime.sql`select realtime.send('{}', 'moved', ${`user:${ANN}`})`;
  await expect.poll(() => frames.length).toBe(1);
  expect(new TextDecoder().decode(frames[0] as ArrayBuffer)).toContain(`realtime:user:${ANN}`);
});

it("refuses topics that are none", async () => {
  const client = await open();
  client.send({ joinRef: "1", ref: "1", topic: "elsewhere", event: "phx_join" });
  expect((await client.next({ ref: "1" })).payload).toMatchObject({ response: { reason: "unmatched topic" } });
  client.send(await joinOf("", "2"));
  expect((await client.next({ ref: "2" })).payload).toMatchObject({
    response: { reason: "TopicNameRequired: You must provide a topic name" },
  });
});

it("sends broadcasts as JSON with version 1.0.0", async () => {
  const client = await open("1.0.0");
  client.send(await joinOf(`user:${ANN}`));
  await client.next({ event: "phx_reply" });
  await realtime.sql`select realtime.send('{"n": 1, "big": 9007199254740993}', 'moved', ${`user:${ANN}`})`;
  const { payload } = await client.next({ event: "broadcast", topic: `realtime:user:${ANN}` });
  expect(payload).toMatchObject({ event: "moved", type: "broadcast", payload: { n: 1 } });
  expect((payload as { meta: { id: string } }).meta.id).toMatch(/^[0-9a-f-]{36}$/);
});

it.each(["not json", "{}", "[]", '["1","1",7,"phx_join",{}]'])(
  "ends the connection after the frame %s",
  async (frame) => {
    const client = await open();
    client.socket.send(frame);
    expect((await client.closed).code).toBe(1002);
  },
);

it.each([
  ["without a key", "", 401, "API key is missing"],
  ["with an unknown key", "apikey=sb_publishable_other", 401, "Invalid API key"],
  ["with a malformed key", "apikey=abc", 401, "The token provided is not a valid JWT"],
])("refuses a connection %s", async (_, query, status, error) => {
  const response = await fetch(`${realtime.url}/realtime/v1/websocket?vsn=2.0.0&${query}`);
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({ error });
});

it("refuses more channels than a client may have", async () => {
  await realtime.restart({ channelsPerClient: 1 });
  const client = await open();
  client.send(await joinOf("room:open", "1"));
  await client.next({ ref: "1" });
  client.send(await joinOf(`user:${ANN}`, "2"));
  expect((await client.next({ ref: "2" })).payload).toMatchObject({
    status: "error",
    response: { reason: "ChannelRateLimitReached: Too many channels" },
  });
});

it("refuses more clients than the project may have", async () => {
  await realtime.restart({ clients: 1 });
  await open();
  await expect(open()).rejects.toThrow();
  expect(realtime.takeLog()).toContainEqual({ code: "ConnectionRefused", message: "Too many connected users" });
});

it("drops a message that is too large, and says so in its log", async () => {
  await realtime.restart({ payloadBytes: 1_000 });
  const client = await open();
  client.send(await joinOf(`user:${ANN}`));
  await client.next({ event: "phx_reply" });
  const frames: unknown[] = [];
  client.socket.addEventListener("message", ({ data }) => frames.push(data));
  const large = JSON.stringify({ text: "x".repeat(1_000) });
  await realtime.sql`select realtime.send(${large}::jsonb, 'large', ${`user:${ANN}`})`;
  await realtime.sql`select realtime.send('{}', 'small', ${`user:${ANN}`})`;
  await expect.poll(() => frames.length).toBe(1);
  expect(realtime.takeLog().map(({ message }) => message)).toContain("payload_size_exceeded");
});

it("closes a connection that is silent", async () => {
  await realtime.restart({ idleMs: 200 });
  expect((await (await open()).closed).code).toBe(1000);
});

it("closes a connection that joins nothing", async () => {
  await realtime.restart({ withoutChannelMs: 200 });
  expect((await (await open()).closed).code).toBe(1000);
});

it("holds the answer to a refused join back", async () => {
  await realtime.restart({ refusedJoinMs: 400 });
  const client = await open();
  const begun = performance.now();
  client.send(await joinOf("user:of-another"));
  expect((await client.next({ ref: "1" })).payload).toMatchObject({ status: "error" });
  expect(performance.now() - begun).toBeGreaterThan(390);
});

it("leaves no trace of its questions to the policies", async () => {
  const client = await open();
  client.send(await joinOf(`user:${ANN}`));
  await client.next({ event: "phx_reply" });
  const [{ count }] = await realtime.admin`
    select count(*)::int as count from realtime.messages where event is null`;
  expect(count).toBe(0);
});

it("names the remedy when no partition takes messages of today", async () => {
  const rename = (from: string, to: string) =>
    realtime.admin.unsafe(`alter table realtime.messages ${from} partition realtime.${to}`);
  const today = `messages_${new Date().toISOString().slice(0, 10).replaceAll("-", "_")}`;
  await rename("detach", today);
  try {
    const client = await open();
    client.send(await joinOf(`user:${ANN}`));
    expect((await client.next({ ref: "1" })).payload).toMatchObject({
      response: { reason: "MissingPartition: Realtime was unable to find the expected messages partition" },
    });
  } finally {
    await realtime.admin.unsafe(`drop table realtime.${today}`);
  }
});

it("names the remedy when the database was made without Realtime", async () => {
  const rename = (from: string, to: string) =>
    realtime.admin.unsafe(`alter function platform_emulation.${from}() rename to ${to}`);
  await rename("keep_message_partitions", "away");
  try {
    await expect(realtime.restart()).rejects.toThrow("made by an earlier version");
  } finally {
    await rename("away", "keep_message_partitions");
  }
});

it("cuts a client that does not read", async () => {
  await realtime.restart({ waitingBytes: 1_000_000, messagesPerSecond: 1_000 });
  const { hostname, port } = new URL(realtime.url);
  using socket = await Deno.connect({ hostname, port: Number(port) });
  const text = new TextEncoder();
  await socket.write(text.encode(
    `GET /realtime/v1/websocket?apikey=${realtime.keys.publishableKey}&vsn=2.0.0 HTTP/1.1\r\nhost: ${hostname}\r\n` +
      "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n" +
      `sec-websocket-key: ${btoa("0123456789abcdef")}\r\n\r\n`,
  ));
  await socket.read(new Uint8Array(1_000));
  const { joinRef, ref, topic, event, payload } = await joinOf(`user:${ANN}`);
  await socket.write(maskedFrame(text.encode(JSON.stringify([joinRef, ref, topic, event, payload]))));
  await socket.read(new Uint8Array(1_000));
  const large = JSON.stringify({ text: "x".repeat(200_000) });
  for (let n = 0; n < 100; n++) {
    await realtime.sql`select realtime.send(${large}::jsonb, 'large', ${`user:${ANN}`})`;
  }
  await expect.poll(() => realtime.takeLog().map(({ code }) => code)).toContain("SlowConsumer");
});

/** A text frame as clients send it, masked with zeros. */
function maskedFrame(payload: Uint8Array): Uint8Array {
  return new Uint8Array([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255, 0, 0, 0, 0, ...payload]);
}
