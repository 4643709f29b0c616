import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createAuthenticate } from "./auth.ts";

const USER = "766e8693-7fd5-465e-9ee4-4a9b3a696480";
const SECRET = "a-shared-secret-of-at-least-32-characters";
const secretKey = new TextEncoder().encode(SECRET);

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let es256: Keys, rs256: Keys, stranger: Keys;
let keys: unknown[];
let server: Deno.HttpServer<Deno.NetAddr>;
let supabaseUrl: string;
let askedAuth: Headers[];
let authAnswer: () => Response;
let jwksStatus = 200;
let jwksRequests: number;
/** The keys that the project publishes now. */
let published: unknown[];

beforeAll(async () => {
  es256 = await generateKeyPair("ES256", { extractable: true });
  rs256 = await generateKeyPair("RS256", { extractable: true });
  stranger = await generateKeyPair("ES256");
  keys = [
    { ...await exportJWK(es256.publicKey), kid: "ec", alg: "ES256" },
    { ...await exportJWK(rs256.publicKey), kid: "rsa", alg: "RS256" },
  ];
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      if (request.url.endsWith("/auth/v1/.well-known/jwks.json")) {
        jwksRequests++;
        return Response.json({ keys: published }, { status: jwksStatus });
      }
      if (request.url.endsWith("/auth/v1/user")) {
        askedAuth.push(request.headers);
        return authAnswer();
      }
      return new Response(null, { status: 404 });
    },
  );
  supabaseUrl = `http://127.0.0.1:${server.addr.port}`;
});

afterAll(() => server.shutdown());

beforeEach(() => {
  askedAuth = [];
  jwksStatus = 200;
  jwksRequests = 0;
  published = keys;
  authAnswer = () => Response.json({ id: USER });
});

function claims(overrides: Record<string, unknown> = {}) {
  const now = Math.floor(Date.now() / 1000);
  return {
    sub: USER,
    role: "authenticated",
    aud: "authenticated",
    iss: `${supabaseUrl}/auth/v1`,
    iat: now,
    exp: now + 600,
    ...overrides,
  };
}

/** `undefined` omits a claim. */
function sign(
  overrides: Record<string, unknown> = {},
  {
    alg = "HS256",
    kid = undefined as string | undefined,
    key = secretKey as
      | Keys["privateKey"]
      | Uint8Array,
  } = {},
) {
  const payload = JSON.parse(JSON.stringify(claims(overrides)));
  return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key);
}

const signEs256 = (overrides = {}) => sign(overrides, { alg: "ES256", kid: "ec", key: es256.privateKey });

function authenticate(token: string, options: { jwtSecret?: string } = {}) {
  return createAuthenticate({ supabaseUrl, anonKey: "anon", ...options })(
    `Bearer ${token}`,
  );
}
const withSecret = { jwtSecret: SECRET };
const unauthorized = {
  status: 401,
  code: "unauthorized",
  options: { headers: { "www-authenticate": "Bearer" } },
};

describe("a user's token is accepted", () => {
  test("when it is signed with the project's ES256 key", async () => {
    expect(await authenticate(await signEs256())).toMatchObject({
      sub: USER,
      role: "authenticated",
    });
  });

  test("when it is signed with the project's RS256 key", async () => {
    const token = await sign({}, {
      alg: "RS256",
      kid: "rsa",
      key: rs256.privateKey,
    });
    expect((await authenticate(token)).sub).toBe(USER);
  });

  test("when it is signed with the shared secret, without asking Auth", async () => {
    expect((await authenticate(await sign(), withSecret)).sub).toBe(USER);
    expect(askedAuth).toHaveLength(0);
  });

  test("when it is signed with the shared secret and has no issuer", async () => {
    const token = await sign({ iss: undefined });
    expect((await authenticate(token, withSecret)).sub).toBe(USER);
  });

  test("when its issuer is the local project's other host name", async () => {
    const token = await signEs256({ iss: "http://localhost:54321/auth/v1" });
    expect((await authenticate(token)).sub).toBe(USER);
  });

  test("when Auth, which alone knows the secret, accepts it", async () => {
    const token = await sign();
    expect((await authenticate(token)).sub).toBe(USER);
    expect(askedAuth[0].get("authorization")).toBe(`Bearer ${token}`);
    expect(askedAuth[0].get("apikey")).toBe("anon");
  });
});

describe("a token that has been verified", () => {
  afterEach(() => vi.useRealTimers());

  const once = (options = {}) => {
    const check = createAuthenticate({
      supabaseUrl,
      anonKey: "anon",
      ...options,
    });
    return (token: string) => check(`Bearer ${token}`);
  };

  test("is accepted again without verification until it expires", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const check = once(withSecret);
    const token = await sign({ exp: Math.floor(Date.now() / 1000) + 30 });
    const first = await check(token);
    expect(await check(token)).toBe(first);
    vi.setSystemTime(Date.now() + 29_000);
    expect(await check(token)).toBe(first);
    vi.setSystemTime(Date.now() + 12_000);
    await expect(check(token)).rejects.toMatchObject(unauthorized);
  });

  test("is verified again after a minute", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const check = once(withSecret);
    const token = await sign();
    const first = await check(token);
    vi.setSystemTime(Date.now() + 60_000);
    const second = await check(token);
    expect(second).not.toBe(first);
    expect(second).toEqual(first);
  });

  test("does not admit a token with its payload and another signature", async () => {
    const check = once(withSecret);
    const token = await sign();
    await check(token);
    const forged = token.slice(0, -4) +
      (token.endsWith("AAAA") ? "BBBB" : "AAAA");
    await expect(check(forged)).rejects.toMatchObject(unauthorized);
    await expect(check(`${token}A`)).rejects.toMatchObject(unauthorized);
  });

  test("by Auth is verified by Auth each time, since it may be revoked", async () => {
    const check = once();
    const token = await sign();
    await check(token);
    authAnswer = () => new Response(null, { status: 403 });
    await expect(check(token)).rejects.toMatchObject(unauthorized);
    expect(askedAuth).toHaveLength(2);
  });

  test("is dropped from the cache after a thousand others", async () => {
    const check = once(withSecret);
    const token = await sign();
    const first = await check(token);
    for (let other = 0; other < 1_000; other++) {
      await check(await sign({ session_id: String(other) }));
    }
    expect(await check(token)).not.toBe(first);
  });
});

describe("a forged token is refused", () => {
  test("when its payload was changed after signing", async () => {
    for (
      const [token, options] of [
        [await signEs256(), {}],
        [await sign(), withSecret],
      ] as const
    ) {
      const [header, , signature] = token.split(".");
      const other = { ...claims(), sub: crypto.randomUUID() };
      const payload = btoa(JSON.stringify(other)).replace(/=+$/, "");
      await expect(
        authenticate(`${header}.${payload}.${signature}`, options),
      ).rejects.toMatchObject(unauthorized);
    }
  });

  test("when it claims to need no signature", async () => {
    const encode = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
    for (const alg of ["none", "None", undefined]) {
      const token = `${encode({ alg })}.${encode(claims())}.`;
      await expect(authenticate(token, withSecret)).rejects.toMatchObject(
        unauthorized,
      );
    }
    expect(askedAuth).toHaveLength(0);
  });

  test("when it uses the published key as the shared secret", async () => {
    const pem = await exportSPKI(rs256.publicKey);
    const jwk = JSON.stringify(await exportJWK(rs256.publicKey));
    for (const key of [pem, pem.trim(), jwk]) {
      const token = await sign({}, {
        kid: "rsa",
        key: new TextEncoder().encode(key),
      });
      await expect(authenticate(token, withSecret)).rejects.toMatchObject(
        unauthorized,
      );
    }
  });

  test("when it is signed with a foreign key under the project's key id", async () => {
    const token = await sign({}, {
      alg: "ES256",
      kid: "ec",
      key: stranger.privateKey,
    });
    await expect(authenticate(token)).rejects.toMatchObject(unauthorized);
  });

  test("when it is signed with a key that the project does not publish", async () => {
    const token = await sign({}, {
      alg: "ES256",
      kid: "unknown",
      key: stranger.privateKey,
    });
    await expect(authenticate(token)).rejects.toMatchObject(unauthorized);
  });

  test("when it contains its own key, or the address of one", async () => {
    const jwk = await exportJWK(es256.publicKey);
    const jku = `${supabaseUrl}/elsewhere/jwks.json`;
    for (const header of [{ jwk }, { jku }, { jku, kid: "ec" }, { x5u: jku }]) {
      const token = await new SignJWT(claims())
        .setProtectedHeader({ alg: "ES256", ...header } as { alg: string })
        .sign(stranger.privateKey);
      await expect(authenticate(token)).rejects.toMatchObject(unauthorized);
    }
  });

  test("when it has an unknown critical header", async () => {
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: "HS256", crit: ["exp"], exp: 1 })
      .sign(secretKey, { crit: { exp: true } });
    await expect(authenticate(token, withSecret)).rejects.toMatchObject(
      unauthorized,
    );
  });

  test("when it is signed for one algorithm and claims another", async () => {
    const [, payload, signature] = (await signEs256()).split(".");
    for (const alg of ["HS256", "RS256", "ES384", "PS256", "EdDSA"]) {
      const header = btoa(JSON.stringify({ alg, kid: "ec" })).replace(
        /=+$/,
        "",
      );
      await expect(
        authenticate(`${header}.${payload}.${signature}`, withSecret),
      ).rejects.toMatchObject(unauthorized);
    }
  });

  test("when it is signed with another shared secret", async () => {
    const key = new TextEncoder().encode(
      "another-secret-of-32-characters-or-so",
    );
    await expect(authenticate(await sign({}, { key }), withSecret)).rejects
      .toMatchObject(unauthorized);
  });

  test("when Auth refuses it", async () => {
    authAnswer = () => Response.json({ code: 403 }, { status: 403 });
    await expect(authenticate(await sign())).rejects.toMatchObject(
      unauthorized,
    );
  });

  test("when Auth accepts it for another user", async () => {
    authAnswer = () => Response.json({ id: crypto.randomUUID() });
    await expect(authenticate(await sign())).rejects.toMatchObject(
      unauthorized,
    );
  });
});

describe("a genuine token is refused", () => {
  test.each([
    ["has expired", { exp: 1_700_000_000 }, /expired/],
    ["never expires", { exp: undefined }, /no expiry/],
    ["is for another audience", { aud: "elsewhere" }, /audience/],
    ["is for no audience", { aud: undefined }, /audience/],
    [
      "has another role",
      { role: "dashboard" },
      /not belong to a signed-in user/,
    ],
    [
      "was raised to a role of the database",
      { role: "postgres" },
      /not belong to a signed-in user/,
    ],
    [
      "has roles",
      { role: ["authenticated"] },
      /not belong to a signed-in user/,
    ],
    ["is not valid yet", { nbf: 4_000_000_000 }, /not valid/],
    ["has no role", { role: undefined }, /not belong to a signed-in user/],
    ["comes from another project", {
      iss: "https://other.supabase.co/auth/v1",
    }, /another project/],
    ["names no user", { sub: undefined }, /no user/],
    ["names no user by UUID", { sub: "admin" }, /no user/],
  ])("when it %s", async (_, overrides, message) => {
    for (
      const [token, options] of [
        [await signEs256(overrides), {}],
        [await sign(overrides), withSecret],
      ] as const
    ) {
      await expect(authenticate(token, options)).rejects.toMatchObject({
        ...unauthorized,
        message: expect.stringMatching(message),
      });
    }
  });

  test("when it is signed with a published key and has no issuer", async () => {
    await expect(authenticate(await signEs256({ iss: undefined }))).rejects
      .toMatchObject(unauthorized);
  });

  test("when a local Auth issued it and the project is hosted", async () => {
    const hosted = createAuthenticate({
      supabaseUrl: "https://abc.supabase.co",
      anonKey: "anon",
      ...withSecret,
    });
    const token = await sign({ iss: "http://127.0.0.1:54321/auth/v1" });
    await expect(hosted(`Bearer ${token}`)).rejects.toMatchObject(unauthorized);
  });
});

describe("a caller without a user's token gets an instruction", () => {
  test.each([undefined, "", "Bearer", "Bearer ", "Basic dTpw", "token"])(
    "%j",
    async (header) => {
      const check = createAuthenticate({ supabaseUrl, anonKey: "anon" });
      await expect(check(header)).rejects.toMatchObject({
        ...unauthorized,
        message: expect.stringMatching(/Sign in and send/),
      });
    },
  );

  test("names an API key as such, in its old and its new form", async () => {
    const anonKey = await sign({
      role: "anon",
      sub: undefined,
      iss: "supabase",
    });
    const serviceKey = await sign({ role: "service_role", sub: undefined });
    for (
      const key of [anonKey, serviceKey, "sb_publishable_x", "sb_secret_x"]
    ) {
      for (const options of [withSecret, {}]) {
        await expect(authenticate(key, options)).rejects.toMatchObject({
          ...unauthorized,
          message: expect.stringMatching(/API key is not an access token/),
        });
      }
    }
    expect(askedAuth).toHaveLength(0);
  });

  test("for text that is no token", async () => {
    await expect(authenticate("abc.def.ghi", withSecret)).rejects.toMatchObject(
      { ...unauthorized, message: "The access token is malformed." },
    );
  });
});

describe("answers 503 when Auth is unavailable", () => {
  const unavailable = {
    status: 503,
    code: "auth_unavailable",
    options: { headers: { "retry-after": "5" } },
  };

  test("to verify a token that only Auth can verify", async () => {
    authAnswer = () => new Response("down", { status: 502 });
    await expect(authenticate(await sign())).rejects.toMatchObject(unavailable);
  });

  test("to fetch its published keys", async () => {
    jwksStatus = 500;
    await expect(authenticate(await signEs256())).rejects.toMatchObject(
      unavailable,
    );
  });
});

describe("the project's published keys", () => {
  const authenticator = () => createAuthenticate({ supabaseUrl, anonKey: "anon" });
  const later = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("are fetched once for many tokens", async () => {
    const check = authenticator();
    for (let count = 0; count < 20; count++) {
      await check(`Bearer ${await signEs256()}`);
    }
    expect(jwksRequests).toBe(1);
  });

  test("are fetched again for a key that was published since", async () => {
    const check = authenticator();
    await check(`Bearer ${await signEs256()}`);
    published = [{
      ...await exportJWK(stranger.publicKey),
      kid: "next",
      alg: "ES256",
    }];
    later(31_000);
    const token = await sign({}, {
      alg: "ES256",
      kid: "next",
      key: stranger.privateKey,
    });
    expect((await check(`Bearer ${token}`)).sub).toBe(USER);
    expect(jwksRequests).toBe(2);
    await expect(check(`Bearer ${await signEs256()}`)).rejects.toMatchObject(
      unauthorized,
    );
  });

  test("are not fetched for every invented key id", async () => {
    const check = authenticator();
    for (let count = 0; count < 50; count++) {
      const token = await sign({}, {
        alg: "ES256",
        kid: `made-up-${count}`,
        key: stranger.privateKey,
      });
      await expect(check(`Bearer ${token}`)).rejects.toMatchObject(
        unauthorized,
      );
    }
    expect(jwksRequests).toBe(1);
  });

  test("admit no token once they are old and cannot be fetched", async () => {
    const check = authenticator();
    const token = `Bearer ${await signEs256()}`;
    await check(token);
    jwksStatus = 500;
    later(5 * 60_000);
    expect((await check(`Bearer ${await signEs256()}`)).sub).toBe(USER);
    later(6 * 60_000);
    await expect(check(`Bearer ${await signEs256()}`)).rejects.toMatchObject({
      status: 503,
      code: "auth_unavailable",
    });
  });
});
