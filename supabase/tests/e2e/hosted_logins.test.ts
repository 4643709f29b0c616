import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { call, createUser, PASSWORD, stack, type User } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/**
 * Auth as hosted: it counts attempts by network address. For requests through the API that is the functions' address,
 * unless the API names the caller's with the secret key. A session records the address that Auth used.
 */
const sql = useDatabase();

/** The address that the edge reports for all callers of the local stack, and the one that Auth records without a report. */
const FORWARDED = "127.0.0.1";
const DIRECT = "192.0.2.1";
/** Addresses that callers claim in headers. */
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

describe("sign-in through the API", () => {
  it("records the edge's address, not the one that the caller claims", async () => {
    const user = await createUser();
    expect(await addressOf(user.token)).toBe(DIRECT);
    const session = await logIn(user, CLAIMED);
    expect(await addressOf(session.access_token)).toBe(FORWARDED);

    const { body } = await call("/api/auth/refresh", {
      method: "POST",
      json: { refresh_token: session.refresh_token },
      headers: CLAIMED,
    });
    expect(await addressOf(body.access_token)).toBe(FORWARDED);

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
    expect(await addressOf(signedUp.body.access_token)).toBe(FORWARDED);
  });

  it("returns the same error for an unknown, malformed or used refresh token", async () => {
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

it("Auth ignores an address that is named without the secret key", async () => {
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
    expect(await addressOf(access_token)).toBe(DIRECT);
  }
});
