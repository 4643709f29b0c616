import { SignJWT } from "jose";
import type { RealtimeChannel, SupabaseClient } from "@supabase/supabase-js";
import { createClient } from "@supabase/supabase-js";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createUser, pause, register, stack, type User } from "./harness.ts";
import { soon } from "./live_harness.ts";

describe("the topic of a user's live status", () => {
  let ann: User;
  let ben: User;
  const clients: SupabaseClient[] = [];
  beforeAll(async () => {
    [ann, ben] = [await createUser(), await createUser()];
  });
  afterEach(async () => {
    // A refused channel asks again, as long as it is there.
    for (const client of [...clients.splice(0), ann.client, ben.client]) await client.removeAllChannels();
  });

  interface Joined {
    channel: RealtimeChannel;
    status: string;
    reason?: string;
    messages: unknown[];
  }

  async function join(client: SupabaseClient, topic: string, config: Record<string, unknown> = {}): Promise<Joined> {
    await client.realtime.setAuth();
    const messages: unknown[] = [];
    const channel = client.channel(topic, { config: { private: true, ...config } })
      .on("broadcast", { event: "*" }, (message) => messages.push(message));
    return await new Promise((resolve) =>
      channel.subscribe((status, error) => resolve({ channel, status, reason: error?.message, messages }))
    );
  }

  function withToken(token: string): SupabaseClient {
    const client = createClient(stack.url, stack.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
      accessToken: () => Promise.resolve(token),
    });
    clients.push(client);
    return client;
  }

  const sign = (claims: Record<string, unknown>, secret = stack.jwtSecret) =>
    new SignJWT({ sub: ann.id, role: "authenticated", aud: "authenticated", exp: in1Hour(), ...claims })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(new TextEncoder().encode(secret));

  it("is its owner's alone", async () => {
    expect(await join(ann.client, `user:${ann.id}`)).toMatchObject({ status: "SUBSCRIBED" });
    const { status, reason } = await join(withToken(ben.token), `user:${ann.id}`);
    expect(status).toBe("CHANNEL_ERROR");
    expect(reason).toContain("Unauthorized");
  });

  it.each([
    "user:*",
    "user:%",
    "user:",
    "user",
    "*",
    "service",
    "service_role",
    "realtime:system",
    "admin",
  ])("does not admit a user to the topic %s", async (topic) => {
    expect(await join(withToken(ben.token), topic)).toMatchObject({ status: "CHANNEL_ERROR" });
  });

  it.each([
    ["upper case", (id: string) => `user:${id.toUpperCase()}`],
    ["spaces", (id: string) => ` user:${id} `],
    ["a suffix", (id: string) => `user:${id}:x`],
    ["an encoded colon", (id: string) => `user%3A${id}`],
    ["a null character", (id: string) => `user:${id}\0`],
  ])("is not another one when written with %s", async (_, topicOf) => {
    const { status, messages } = await join(withToken(ben.token), topicOf(ann.id));
    expect(status).toBe("CHANNEL_ERROR");
    expect((await register(ann)).status).toBe(200);
    await pause(300);
    expect(messages).toEqual([]);
  });

  it.each<[string, () => Promise<string>]>([
    ["an expired token", () => sign({ exp: Math.floor(Date.now() / 1000) - 5 })],
    ["a forged token", () => sign({}, "another-secret-that-is-not-the-project's")],
    ["a token of the role anon", () => sign({ role: "anon" })],
    ["the anonymous key", () => Promise.resolve(stack.anonKey)],
    ["the publishable key", () => Promise.resolve(stack.publishableKey)],
    ["a token without an expiry", () => sign({ exp: undefined })],
  ])("refuses %s", async (_, token) => {
    expect(await join(withToken(await token()), `user:${ann.id}`)).toMatchObject({ status: "CHANNEL_ERROR" });
  });

  it("takes no broadcast from clients, the owner included", async () => {
    const received = await join(withToken(ann.token), `user:${ann.id}`);
    expect(received.status).toBe("SUBSCRIBED");
    const own = await join(withToken(ann.token), `user:${ann.id}`, { broadcast: { ack: true, self: true } });
    const message = { type: "broadcast", event: "document.status", payload: { event_no: 1 } } as const;
    expect(await own.channel.send(message, { timeout: 500 })).toBe("timed out");
    // A public channel of the same name is another topic.
    const spoof = await join(withToken(ben.token), `user:${ann.id}`, { private: false, broadcast: { ack: true } });
    expect(spoof.status).toBe("SUBSCRIBED");
    expect(await spoof.channel.send(message)).toBe("ok");
    await pause(300);
    expect([...received.messages, ...own.messages]).toEqual([]);
    expect((await register(ann)).status).toBe(200);
    await soon(() => received.messages.length).toBe(1);
    expect(spoof.messages).toEqual([]);
  });

  it("is lost with a token of another user", async () => {
    let token = ann.token;
    const client = createClient(stack.url, stack.publishableKey, { accessToken: () => Promise.resolve(token) });
    clients.push(client);
    const { channel, messages } = await join(client, `user:${ann.id}`);
    token = ben.token;
    await client.realtime.setAuth();
    await soon(() => channel.state).toBe("closed");
    expect((await register(ann)).status).toBe(200);
    await pause(300);
    expect(messages).toEqual([]);
  });

  it("cannot be read or written through the Data API", async () => {
    for (const client of [ann.client, ben.client]) {
      const messages = client.schema("realtime").from("messages");
      expect((await messages.select()).error).not.toBeNull();
      expect((await messages.insert({ topic: `user:${ann.id}`, extension: "broadcast" })).error).not.toBeNull();
    }
    const events = ben.client.schema("upload_pipeline").from("live_events");
    expect((await events.select("user_id").eq("user_id", ann.id)).data).toEqual([]);
  });
});

function in1Hour(): number {
  return Math.floor(Date.now() / 1000) + 3600;
}
