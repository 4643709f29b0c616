import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOCAL_KEYS } from "../keys.ts";
import { makeReachableTempDir } from "../postgres/account.ts";
import { type Stack, startStack } from "../stack.ts";
import { WITHOUT_PAUSES } from "./testing/realtime_under_test.ts";

let dir: string;
let stack: Stack;

beforeAll(async () => {
  dir = await makeReachableTempDir("realtime-switch-");
  stack = await startStack({
    stateDir: `${dir}/state`,
    port: 0,
    databasePort: 0,
    durable: false,
    migrations: false,
    jwt: "es256",
    realtime: false,
    realtimeLimits: WITHOUT_PAUSES,
  });
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  await Deno.remove(dir, { recursive: true });
});

const control = (body: unknown, token: string = LOCAL_KEYS.managementToken) =>
  fetch(`${stack.url}/_stack/realtime`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });

/** What a channel answers first, and why. */
async function join(key: string, token: string, topic: string): Promise<string> {
  const client = createClient(stack.url, key, { accessToken: () => Promise.resolve(token) });
  await client.realtime.setAuth();
  return await new Promise<string>((resolve) =>
    client.channel(topic, { config: { private: true } })
      .subscribe((status, error) => resolve(error ? `${status} ${error.message}` : status))
  ).finally(() => client.removeAllChannels());
}

test("a stack without Realtime says so, until it is switched on", async () => {
  const websocket = `${stack.url}/realtime/v1/websocket?apikey=${stack.publishableKey}`;
  const off = await fetch(websocket);
  expect([off.status, await off.json()]).toEqual([503, {
    message: "Realtime is switched off (--without realtime)",
  }]);
  expect((await control({ action: "on" }, "another")).status).toBe(401);
  expect((await control({ action: "away" })).status).toBe(400);
  expect((await fetch(websocket)).status).toBe(503);
  expect((await control({ action: "on" })).status).toBe(204);
  expect((await fetch(websocket)).status).toBe(426);
});

test("verifies tokens that are signed with the project's own key", async () => {
  await control({ action: "on" });
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice() {} });
  try {
    await sql`
      create policy own_topic on realtime.messages for select to authenticated
        using ((select realtime.topic()) = 'user:' || (select auth.uid()))`;
  } finally {
    await sql.end();
  }
  const id = crypto.randomUUID();
  const token = await stack.signToken({ sub: id, role: "authenticated", exp: Math.floor(Date.now() / 1000) + 60 });
  expect(await join(stack.publishableKey, token, `user:${id}`)).toBe("SUBSCRIBED");
  expect(await join(stack.publishableKey, token, "user:other")).toMatch(/^CHANNEL_ERROR Unauthorized/);
  expect(await join(stack.publishableKey, stack.anonKey, `user:${id}`)).toMatch(/^CHANNEL_ERROR JwtSignerError/);
  const log = (await Deno.readTextFile(`${dir}/state/realtime.log`)).trim().split("\n").map((line) => JSON.parse(line));
  expect(log).toContainEqual({
    time: expect.any(String),
    code: "Unauthorized",
    message: "You do not have permissions to read from this Channel topic: user:other",
    topic: "user:other",
  });
});
