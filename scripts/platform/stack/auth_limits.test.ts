import { createClient } from "@supabase/supabase-js";
import { decodeJwt } from "jose";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Accounts, createAccounts } from "../../../supabase/functions/api/accounts.ts";
import { makeReachableTempDir } from "./postgres/account.ts";
import { type Stack, startStack } from "./stack.ts";

let dir: string;
let stack: Stack;
let sql: postgres.Sql;

beforeAll(async () => {
  dir = await makeReachableTempDir("auth-limits-");
  stack = await startStack({
    stateDir: `${dir}/state`,
    port: 0,
    databasePort: 0,
    durable: false,
    migrations: false,
    limitsAuthAttempts: true,
  });
  sql = postgres(stack.databaseUrl, { max: 1, onnotice() {} });
}, 60_000);

afterAll(async () => {
  await sql?.end();
  await stack?.stop();
  await Deno.remove(dir, { recursive: true });
});

test("counts attempts by address, and trusts a forwarded address only beside the secret key", async () => {
  const account = {
    email: "counted@example.test",
    password: "a-long-password",
  };
  const { auth } = createClient(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  expect((await auth.signUp(account)).error).toBeNull();
  const accounts = (secretKey?: string) =>
    createAccounts({
      supabaseUrl: stack.url,
      anonKey: stack.anonKey,
      serviceRoleKey: stack.serviceRoleKey,
      secretKey,
    });
  /** How many attempts passed before one was refused for their number; the limit recovers while they are made. */
  const untilRefused = async (attempt: () => Promise<number>) => {
    for (let passed = 0; passed < 60; passed++) {
      if (await attempt() === 429) return passed;
    }
    throw new Error("never refused");
  };
  const from = (of: Accounts, address: string) => () =>
    of.signIn(account.email, "a wrong password", address)
      .then(() => 200, (error) => error.status as number);
  const api = accounts(stack.secretKey);
  expect(await untilRefused(from(api, "203.0.113.7"))).toBeGreaterThanOrEqual(
    30,
  );
  // Another address is not limited.
  const { access_token } = await api.signIn(
    account.email,
    account.password,
    "2001:db8:1:2::",
  );
  const { session_id } = decodeJwt<{ session_id: string }>(access_token);
  const [session] = await sql`select host(ip) as ip from auth.sessions where id = ${session_id}`;
  expect(session.ip).toBe("2001:db8:1:2::");

  // Without the key it is everybody's rate limit, whatever address is claimed.
  const claims = (apikey: string) =>
    fetch(`${stack.url}/auth/v1/token?grant_type=password`, {
      method: "POST",
      headers: {
        apikey,
        authorization: `Bearer ${stack.anonKey}`,
        "sb-forwarded-for": `198.51.100.${Math.floor(Math.random() * 255)}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ ...account, password: "a wrong password" }),
    }).then(async (answer) => (await answer.body?.cancel(), answer.status));
  const keys = [stack.publishableKey, stack.anonKey, stack.serviceRoleKey];
  let turn = 0;
  expect(await untilRefused(() => claims(keys[turn++ % 3])))
    .toBeGreaterThanOrEqual(30);
  expect(await claims(stack.secretKey)).toBe(400);
  // Callers without a known address share one budget.
  expect(await untilRefused(from(accounts(), "203.0.113.9"))).toBeLessThan(30);
});
