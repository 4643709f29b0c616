import { generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { call, createUser, stack, type User } from "./harness.ts";

type Key = Parameters<SignJWT["sign"]>[0];

let user: User;
beforeAll(async () => {
  user = await createUser();
});

const text = (value: string) => new TextEncoder().encode(value);
const encode = (value: unknown) =>
  btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_")
    .replace(/=+$/, "");

function sign(
  changed: Record<string, unknown> = {},
  header: { alg: string; kid?: string } = { alg: "HS256" },
  key: Key = text(stack.jwtSecret),
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: user.id,
    role: "authenticated",
    aud: "authenticated",
    iss: `${stack.url}/auth/v1`,
    iat: now,
    exp: now + 600,
    ...changed,
  };
  return new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader(header).sign(key);
}

/** On a route that reads, one that writes and one that pays. */
async function answersTo(token: string, headers: Record<string, string> = {}) {
  const authorization = { authorization: `Bearer ${token}`, ...headers };
  const answers = [
    await call("/api/documents", { headers: authorization }),
    await call("/api/upload-document-backend", {
      method: "POST",
      headers: authorization,
      json: {
        filename: "a.pdf",
        bytes_len: 1,
        mime: "application/pdf",
        sha256: "0".repeat(64),
      },
    }),
    await call("/api/search", {
      method: "POST",
      headers: authorization,
      json: { query: "a question" },
    }),
  ];
  return answers.map(({ status, body }) => [status, body?.error?.code]);
}
const REFUSED = Array(3).fill([401, "unauthorized"]);

describe("over HTTP, a token is refused", () => {
  const TOKENS: Record<string, () => string | Promise<string>> = {
    "that has expired": () => sign({ exp: 1_700_000_000 }),
    "that never expires": () => sign({ exp: undefined }),
    "from another issuer": () =>
      sign({ iss: "https://other.supabase.co/auth/v1" }),
    "for another audience": () => sign({ aud: "another" }),
    "whose role was raised to the service's": () =>
      sign({ role: "service_role" }),
    "whose role was raised to the database's owner": () =>
      sign({ role: "postgres" }),
    "without a role": () => sign({ role: undefined }),
    "that names nobody": () => sign({ sub: undefined }),
    "that names SQL for a user": () =>
      sign({ sub: "x'; drop table users; --" }),
    "that was signed with another secret": () =>
      sign({}, { alg: "HS256" }, text("another-secret-of-at-least-32-bytes")),
    "that was signed with the public anon key": () =>
      sign({}, { alg: "HS256" }, text(stack.anonKey)),
    "that was signed with a key of somebody's own": async () => {
      const { privateKey } = await generateKeyPair("ES256");
      return await sign({}, { alg: "ES256", kid: "own" }, privateKey);
    },
    "with no signature": async () => {
      const [, payload] = (await sign()).split(".");
      return `${encode({ alg: "none" })}.${payload}.`;
    },
    "whose owner was changed": async () => {
      const [header, payload, signature] = (await sign()).split(".");
      const claims = JSON.parse(atob(payload));
      const forged = encode({ ...claims, sub: crypto.randomUUID() });
      return `${header}.${forged}.${signature}`;
    },
    "that is the anon key": () => stack.anonKey,
    "that is the publishable key": () => stack.publishableKey,
    "that is the service role's key": () => stack.serviceRoleKey,
    "that is the secret key": () => stack.secretKey,
  };

  it("and a right one is not, so that it is for what is wrong with the others", async () => {
    const [read, , search] = await answersTo(await sign());
    expect([read[0], search[0]]).toEqual([200, 200]);
  });

  it.each(Object.keys(TOKENS))("%s", async (what) => {
    expect(await answersTo(await TOKENS[what]())).toEqual(REFUSED);
  });

  it("whatever key a browser sends beside it", async () => {
    for (const apikey of [stack.secretKey, stack.serviceRoleKey, "guessed"]) {
      const forged = await sign({ exp: 1_700_000_000 });
      expect(await answersTo(forged, { apikey })).toEqual(REFUSED);
      // A key alone signs nobody in.
      const { status } = await call("/api/documents", { headers: { apikey } });
      expect(status).toBe(401);
    }
  });

  it("by the worker too, which knows no users", async () => {
    for (
      const bearer of [await sign(), stack.secretKey, stack.serviceRoleKey, ""]
    ) {
      const { status } = await call("/worker/parse", {
        method: "POST",
        headers: { authorization: `Bearer ${bearer}` },
      });
      expect(status).toBe(401);
    }
  });
});
