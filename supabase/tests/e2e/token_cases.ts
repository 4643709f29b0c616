import { generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { describe, expect, it } from "vitest";

/** A project, and a user of it. */
export interface Place {
  url: string;
  userId: string;
  publishableKey: string;
  secretKey: string;
  /** Legacy keys, whether or not the project accepts them. */
  anonKey: string;
  serviceRoleKey: string;
  jwtSecret: string;
  /** Signs as Auth signs a user's token. */
  sign(claims: JWTPayload): Promise<string>;
}

type Key = Parameters<SignJWT["sign"]>[0];

const REFUSED = Array(3).fill([401, "unauthorized"]);
const text = (value: string) => new TextEncoder().encode(value);
const encode = (value: unknown) =>
  btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_")
    .replace(/=+$/, "");

/** Tests every kind of invalid token, at a project with either kind of signing key. */
export function describeRefusedTokens(place: () => Place): void {
  const claims = (changed: Record<string, unknown> = {}) => {
    const now = Math.floor(Date.now() / 1000);
    // Through JSON, so that undefined claims are left out.
    return JSON.parse(JSON.stringify({
      sub: place().userId,
      role: "authenticated",
      aud: "authenticated",
      iss: `${place().url}/auth/v1`,
      iat: now,
      exp: now + 600,
      ...changed,
    })) as JWTPayload;
  };
  const sign = (changed: Record<string, unknown> = {}) => place().sign(claims(changed));
  const forge = (header: { alg: string; kid?: string }, key: Key) =>
    new SignJWT(claims()).setProtectedHeader(header).sign(key);

  async function send(path: string, init: RequestInit) {
    const response = await fetch(`${place().url}/functions/v1${path}`, {
      ...init,
      headers: {
        apikey: place().publishableKey,
        "content-type": "application/json",
        ...init.headers,
      },
    });
    return { status: response.status, body: await response.json() };
  }

  /** The answers of a reading, a writing and a paying route. */
  async function answersTo(
    token: string,
    others: Record<string, string> = {},
  ) {
    const headers = { authorization: `Bearer ${token}`, ...others };
    const post = (path: string, json: unknown) => send(path, { method: "POST", headers, body: JSON.stringify(json) });
    const answers = [
      await send("/api/documents", { headers }),
      await post("/api/upload-document-backend", {
        filename: "a.pdf",
        bytes_len: 1,
        mime: "application/pdf",
        sha256: "0".repeat(64),
      }),
      await post("/api/search", { query: "a question" }),
    ];
    return answers.map(({ status, body }) => [status, body?.error?.code]);
  }

  describe("over HTTP, the API", () => {
    const TOKENS: Record<string, () => string | Promise<string>> = {
      "that has expired": () => sign({ exp: 1_700_000_000 }),
      "that never expires": () => sign({ exp: undefined }),
      "from another issuer": () => sign({ iss: "https://other.supabase.co/auth/v1" }),
      "for another audience": () => sign({ aud: "another" }),
      "whose role was raised to the service's": () => sign({ role: "service_role" }),
      "whose role was raised to the database's owner": () => sign({ role: "postgres" }),
      "without a role": () => sign({ role: undefined }),
      "without a subject": () => sign({ sub: undefined }),
      "that names SQL for a user": () => sign({ sub: "x'; drop table users; --" }),
      "that was signed with another secret": () => forge({ alg: "HS256" }, text("another-secret-of-at-least-32-bytes")),
      "that was signed with the public anon key": () => forge({ alg: "HS256" }, text(place().anonKey)),
      "that was signed with the published keys": async () => {
        const keys = await fetch(
          `${place().url}/auth/v1/.well-known/jwks.json`,
        );
        return await forge({ alg: "HS256" }, text(await keys.text()));
      },
      "that was signed with an unknown key": async () => {
        const { privateKey } = await generateKeyPair("ES256");
        return await forge({ alg: "ES256", kid: "own" }, privateKey);
      },
      "with no signature": async () => {
        const [, payload] = (await sign()).split(".");
        return `${encode({ alg: "none" })}.${payload}.`;
      },
      "whose owner was changed": async () => {
        const [header, payload, signature] = (await sign()).split(".");
        const forged = encode({
          ...JSON.parse(atob(payload)),
          sub: crypto.randomUUID(),
        });
        return `${header}.${forged}.${signature}`;
      },
      "that is the anon key": () => place().anonKey,
      "that is the publishable key": () => place().publishableKey,
      "that is the service role's key": () => place().serviceRoleKey,
      "that is the secret key": () => place().secretKey,
    };

    it("accepts a valid token", async () => {
      const [read, , search] = await answersTo(await sign());
      expect([read[0], search[0]]).toEqual([200, 200]);
    });

    it.each(Object.keys(TOKENS))("returns 401 for a token %s", async (what) => {
      expect(await answersTo(await TOKENS[what]())).toEqual(REFUSED);
    });

    it("returns 401 for an expired token, whatever API key accompanies it", async () => {
      const { secretKey, serviceRoleKey } = place();
      for (const apikey of [secretKey, serviceRoleKey, "guessed"]) {
        const expired = await sign({ exp: 1_700_000_000 });
        expect(await answersTo(expired, { apikey })).toEqual(REFUSED);
        // An API key alone is not a session.
        const { status } = await send("/api/documents", {
          headers: { apikey },
        });
        expect(status).toBe(401);
      }
    });

    it("and the worker return 401 for users' tokens", async () => {
      const { secretKey, serviceRoleKey } = place();
      for (const bearer of [await sign(), secretKey, serviceRoleKey, ""]) {
        const { status } = await send("/worker/parse", {
          method: "POST",
          headers: { authorization: `Bearer ${bearer}` },
        });
        expect(status).toBe(401);
      }
    });
  });
}
