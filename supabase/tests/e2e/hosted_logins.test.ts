import { decodeJwt } from "jose";
import { afterAll, describe, expect, it } from "vitest";
import {
  call,
  connect,
  createUser,
  PASSWORD,
  stack,
  type User,
} from "./harness.ts";

/**
 * Auth as hosted has it: it counts attempts by the address that they come from, which for all that come through the API is the
 * functions', but for who is named to it with the secret key. Where it took a session to be used from, the session says.
 */
const sql = connect();
afterAll(() => sql.end());

/** What the edge says of all who call the local stack, and what Auth takes those for of whom it is told nothing. */
const TOLD = "127.0.0.1";
const UNTOLD = "192.0.2.1";
/** What callers may say of themselves. */
const CLAIMED = {
  "cf-connecting-ip": "203.0.113.7",
  "x-forwarded-for": "198.51.100.1, 192.0.2.9",
  "x-real-ip": "198.51.100.8",
  "sb-forwarded-for": "198.51.100.9",
};

async function addressOf(accessToken: string): Promise<string> {
  const { session_id } = decodeJwt<{ session_id: string }>(accessToken);
  const [session] = await sql`
    select host(ip) as address from auth.sessions where id = ${session_id}`;
  return session.address;
}

async function logIn(user: User, headers: Record<string, string>) {
  const { status, body } = await call("/api/auth/login", {
    method: "POST",
    json: { email: user.email, password: PASSWORD },
    headers,
  });
  expect(status).toBe(200);
  return body;
}

describe("who signs in through the API", () => {
  it("comes from where the edge says, and not from where they say themselves", async () => {
    const user = await createUser();
    expect(await addressOf(user.token)).toBe(UNTOLD);
    const session = await logIn(user, CLAIMED);
    expect(await addressOf(session.access_token)).toBe(TOLD);

    const { body } = await call("/api/auth/refresh", {
      method: "POST",
      json: { refresh_token: session.refresh_token },
      headers: CLAIMED,
    });
    expect(await addressOf(body.access_token)).toBe(TOLD);

    const email = `user-${crypto.randomUUID()}@example.test`;
    const signedUp = await call("/api/auth/signup", {
      method: "POST",
      json: {
        email,
        password: PASSWORD,
        consent_version: "1",
        consent_timestamp: "2026-11-01T10:00:00Z",
      },
      headers: CLAIMED,
    });
    expect(await addressOf(signedUp.body.access_token)).toBe(TOLD);
  });

  it("is told the same of a refresh token that is unknown, malformed or used up", async () => {
    const user = await createUser();
    const session = await logIn(user, CLAIMED);
    await user.client.auth.admin.signOut(session.access_token, "global");
    for (
      const refresh_token of [
        "abcdefghijkl",
        crypto.randomUUID(),
        "never-given-out",
        "x",
        session.refresh_token,
      ]
    ) {
      const { status, body } = await call("/api/auth/refresh", {
        method: "POST",
        json: { refresh_token },
      });
      expect([refresh_token, status, body.error.code])
        .toEqual([refresh_token, 401, "invalid_refresh_token"]);
    }
  });
});

it("nobody else names an address to Auth", async () => {
  const user = await createUser();
  for (const apikey of [stack.publishableKey, stack.anonKey]) {
    const answer = await fetch(
      `${stack.url}/auth/v1/token?grant_type=password`,
      {
        method: "POST",
        headers: { apikey, "content-type": "application/json", ...CLAIMED },
        body: JSON.stringify({ email: user.email, password: PASSWORD }),
      },
    );
    expect(answer.status).toBe(200);
    const { access_token } = await answer.json();
    expect(await addressOf(access_token)).toBe(UNTOLD);
  }
});
