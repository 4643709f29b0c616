import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createAccounts } from "../accounts.ts";
import { FakeWorld, USER } from "../testing/fakes.ts";

/** Auth's answer to each call; the accounts under test are the real ones over supabase-js. */
let authAnswer: () => Response;
let calls: { path: string; body: unknown; headers: Headers }[];
let server: Deno.HttpServer<Deno.NetAddr>;
let world: FakeWorld;

const PASSWORD = "correct horse battery";
const user = {
  id: USER,
  aud: "authenticated",
  role: "authenticated",
  email: "ann@example.test",
  user_metadata: { name: "Ann" },
  app_metadata: {},
  created_at: "2026-01-02T03:04:05Z",
};
const session = {
  access_token: "access",
  refresh_token: "refresh",
  token_type: "bearer",
  expires_in: 3600,
  expires_at: 1_900_000_000,
  user,
};
const SIGNUP = {
  email: "ann@example.test",
  password: PASSWORD,
  consent_version: "2026-01",
  consent_timestamp: "2026-01-02T03:04:05+01:00",
  name: "Ann",
};

beforeAll(() => {
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const text = await request.text();
      calls.push({
        path: pathname + search,
        body: text && JSON.parse(text),
        headers: request.headers,
      });
      return authAnswer();
    },
  );
});
afterAll(() => server.shutdown());

beforeEach(() => {
  calls = [];
  authAnswer = () => Response.json(session);
  world = new FakeWorld();
  world.accounts = accountsAt(server);
});

function accountsAt(
  { addr }: Deno.HttpServer<Deno.NetAddr>,
  keys: { anonKey?: string; secretKey?: string } = {},
) {
  return createAccounts({
    supabaseUrl: `http://127.0.0.1:${addr.port}`,
    anonKey: "anon-key",
    serviceRoleKey: "service-key",
    ...keys,
  });
}

const SECRET_KEY = "sb_secret_of_these_tests";
const TOKEN = "eyJ.anon.key";

describe("the address of an attempt is forwarded to Auth", () => {
  const ATTEMPTS: [string, unknown][] = [
    ["/api/auth/login", { email: SIGNUP.email, password: PASSWORD }],
    ["/api/auth/signup", SIGNUP],
    ["/api/auth/refresh", { refresh_token: "refresh" }],
  ];
  const edge = {
    "cf-connecting-ip": "203.0.113.7",
    "x-forwarded-for": "198.51.100.1, 192.0.2.9",
    "sb-forwarded-for": "198.51.100.9",
    apikey: "the caller's",
  };
  const heard = () =>
    calls.map(({ headers }) => ({
      address: headers.get("sb-forwarded-for"),
      apikey: headers.get("apikey"),
      authorization: headers.get("authorization"),
      others: ["x-forwarded-for", "cf-connecting-ip", "x-real-ip"]
        .filter((name) => headers.has(name)),
    }));

  test.each(ATTEMPTS)(
    "by %s, with the secret key, and without further rights",
    async (path, json) => {
      world.accounts = accountsAt(server, {
        secretKey: SECRET_KEY,
        anonKey: TOKEN,
      });
      await world.request(path, {
        method: "POST",
        user: null,
        json,
        headers: edge,
      });
      expect(heard()).toEqual([{
        address: "203.0.113.7",
        apikey: SECRET_KEY,
        authorization: `Bearer ${TOKEN}`,
        others: [],
      }]);
    },
  );

  test("with a publishable key, which the gateway accepts in no other place", async () => {
    const anonKey = "sb_publishable_of_these_tests";
    world.accounts = accountsAt(server, { secretKey: SECRET_KEY, anonKey });
    const [[path, json]] = ATTEMPTS;
    await world.request(path, {
      method: "POST",
      user: null,
      json,
      headers: edge,
    });
    expect(heard()[0]).toMatchObject({
      address: "203.0.113.7",
      apikey: SECRET_KEY,
      authorization: `Bearer ${SECRET_KEY}`,
    });
  });

  test.each([
    ["there is no secret key", undefined, edge],
    [
      "the key is of the older kind, which Auth does not accept for it",
      "eyJ.service.role",
      edge,
    ],
    ["no trusted header names an address", SECRET_KEY, {
      "sb-forwarded-for": "198.51.100.9",
    }],
  ])("but not when %s", async (_why, secretKey, headers) => {
    world.accounts = accountsAt(server, { secretKey, anonKey: TOKEN });
    const [[path, json]] = ATTEMPTS;
    await world.request(path, { method: "POST", user: null, json, headers });
    expect(heard()).toEqual([{
      address: null,
      apikey: TOKEN,
      authorization: `Bearer ${TOKEN}`,
      others: [],
    }]);
  });
});

function authFails(status: number, error_code: string, rest = {}) {
  const body = { code: status, error_code, msg: "in Auth's words", ...rest };
  authAnswer = () => Response.json(body, { status });
}
const send = (route: string, json: unknown) => world.request(`/api/auth/${route}`, { json, user: null });
const login = (json: unknown = { email: SIGNUP.email, password: PASSWORD }) => send("login", json);
const signup = (json: unknown = SIGNUP) => send("signup", json);

async function expectError(answer: Response, status: number, code: string) {
  expect(answer.status).toBe(status);
  const { error } = await answer.json();
  expect(error.code).toBe(code);
  return error;
}

describe("login", () => {
  test("answers the session with the original's fields", async () => {
    const answer = await login();
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      access_token: "access",
      refresh_token: "refresh",
      token_type: "bearer",
      expires_in: 3600,
      user,
    });
    expect(calls[0]).toMatchObject({
      path: "/auth/v1/token?grant_type=password",
      body: { email: SIGNUP.email, password: PASSWORD },
    });
    expect(calls[0].headers.get("apikey")).toBe("anon-key");
  });

  test.each<[number, string, number, string]>([
    [400, "invalid_credentials", 401, "invalid_credentials"],
    [400, "email_not_confirmed", 401, "email_not_confirmed"],
    [403, "user_banned", 403, "user_banned"],
    [422, "email_provider_disabled", 403, "signup_disabled"],
    [422, "captcha_failed", 400, "auth_rejected"],
    [503, "unexpected_failure", 503, "auth_unavailable"],
  ])("maps Auth's %d %s to %d %s", async (from, reason, to, code) => {
    authFails(from, reason);
    await expectError(await login(), to, code);
  });

  test("is recorded with its reason when it fails, and not when it succeeds", async () => {
    await login();
    authFails(400, "invalid_credentials");
    await login();
    authFails(503, "unexpected_failure");
    await login();
    expect(world.auditEntries).toEqual([
      expect.stringMatching(
        /^sign_in_failed ann@example\.test invalid_credentials \S{36} $/,
      ),
    ]);
  });

  test("answers the failure even when it cannot be recorded", async () => {
    authFails(400, "invalid_credentials");
    world.audit.recordFailedSignIn = () => Promise.reject(new Error("down"));
    await expectError(await login(), 401, "invalid_credentials");
    expect(world.lines.join()).toContain("audit entry not recorded");
  });

  test("is counted against the account by Auth's result", async () => {
    await login();
    authFails(400, "invalid_credentials");
    await login();
    authFails(503, "unexpected_failure");
    await login();
    expect(world.passwords).toEqual(
      ["right", "wrong", "unknown"].map((said) => `${SIGNUP.email} ${said}`),
    );
  });

  test("does not ask Auth and records nothing when the account had too many wrong passwords", async () => {
    const { begin } = world.signIns;
    world.signIns.begin = async (email) => {
      const begun = await begin(email);
      const rateLimit = { ...begun.rateLimit, allowed: false, remaining: 0 };
      return { ...begun, rateLimit };
    };
    await expectError(await login(), 429, "rate_limited");
    expect(calls).toEqual([]);
    expect(world.auditEntries).toEqual([]);
    expect(world.passwords).toEqual([]);
  });

  test("answers 429 with Retry-After beyond Auth's own limit", async () => {
    authFails(429, "over_request_rate_limit");
    const answer = await login();
    expect(answer.headers.get("retry-after")).toBe("60");
    await expectError(answer, 429, "rate_limited");
  });

  test("answers 503 when Auth is unavailable", async () => {
    world.accounts = createAccounts({
      supabaseUrl: "http://127.0.0.1:1",
      anonKey: "anon-key",
      serviceRoleKey: "service-key",
    });
    await expectError(await login(), 503, "auth_unavailable");
  });

  test.each([{}, { email: "ann", password: "x" }, {
    email: SIGNUP.email,
    password: "",
  }])("with %j is a 422 and does not reach Auth", async (json) => {
    await expectError(await login(json), 422, "validation_failed");
    expect(calls).toEqual([]);
  });

  test("writes no password to the log or a response, whatever fails", async () => {
    const answers = [await login()];
    authFails(400, "invalid_credentials");
    answers.push(await login());
    authFails(500, "unexpected_failure");
    answers.push(await login());
    answers.push(await login({ email: "ann", password: PASSWORD }));
    answers.push(await login({ password: PASSWORD }));
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts.join()).not.toContain(PASSWORD);
    const lines = await world.logged();
    expect(lines.length).toBeGreaterThanOrEqual(answers.length);
    expect(lines.join()).not.toContain(PASSWORD);
  });
});

describe("signup", () => {
  test("answers 201 with the session, and stores name and consent with the user", async () => {
    const answer = await signup();
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({
      access_token: "access",
      user: { id: USER },
      confirmation_required: false,
    });
    expect(calls[0]).toMatchObject({
      path: "/auth/v1/signup",
      body: {
        email: SIGNUP.email,
        data: {
          name: "Ann",
          consent_version: "2026-01",
          consent_timestamp: "2026-01-02T03:04:05+01:00",
        },
      },
    });
  });

  test("is recorded once it has succeeded", async () => {
    authFails(422, "email_exists");
    await signup();
    expect(world.auditEntries).toEqual([]);
    authAnswer = () => Response.json(session);
    await signup();
    expect(world.auditEntries).toEqual([
      expect.stringMatching(`^sign_up ${USER} 2026-01 `),
    ]);
  });

  test("answers 201 without a session when the address must be confirmed", async () => {
    authAnswer = () => Response.json(user);
    const answer = await signup();
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ user, confirmation_required: true });
  });

  test.each<[string]>([["user_already_exists"], ["email_exists"]])(
    "answers 409 when the address is taken (%s)",
    async (reason) => {
      authFails(422, reason);
      await expectError(await signup(), 409, "email_taken");
    },
  );

  test("answers 422 with the reasons when the password is weak", async () => {
    authFails(422, "weak_password", { weak_password: { reasons: ["length"] } });
    const error = await expectError(await signup(), 422, "weak_password");
    expect(error.details).toEqual({ reasons: ["length"] });
  });

  test.each([
    ["consent_version", undefined],
    ["consent_timestamp", undefined],
    ["consent_timestamp", "yesterday"],
    ["email", "not an address"],
    ["password", undefined],
    ["name", "a\0b"],
    ["consent_version", "\0"],
  ])("answers 422 when its %s is %j", async (field, value) => {
    const answer = await signup({ ...SIGNUP, [field]: value });
    const error = await expectError(answer, 422, "validation_failed");
    expect(error.details[0].path).toBe(field);
    expect(calls).toEqual([]);
  });
});

describe("refresh", () => {
  test("answers a new session", async () => {
    const answer = await send("refresh", { refresh_token: "old" });
    expect(answer.status).toBe(200);
    expect((await answer.json()).refresh_token).toBe("refresh");
    expect(calls[0]).toMatchObject({
      path: "/auth/v1/token?grant_type=refresh_token",
      body: { refresh_token: "old" },
    });
  });

  test.each([
    "refresh_token_not_found",
    "refresh_token_already_used",
    "session_expired",
    "validation_failed",
  ])(
    "answers 401 when the token is not valid or not valid any more (%s)",
    async (reason) => {
      authFails(400, reason);
      const answer = await send("refresh", { refresh_token: "old" });
      await expectError(answer, 401, "invalid_refresh_token");
    },
  );

  test.each(["", "a\0b", "old ", "\ud800", "x".repeat(4097)])(
    "answers 422 without asking Auth when the token is malformed (%j)",
    async (refresh_token) => {
      const answer = await send("refresh", { refresh_token });
      await expectError(answer, 422, "validation_failed");
      expect(calls).toEqual([]);
    },
  );
});

test("answers 503 to a refresh within 12 s while Auth fails, although supabase-js retries longer", async () => {
  // A server of its own, since supabase-js continues to retry after the test.
  const failing = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => Response.json({ error_code: "unexpected_failure" }, { status: 503 }),
  );
  world.accounts = accountsAt(failing);
  vi.useFakeTimers();
  try {
    const sent = send("refresh", { refresh_token: "old" });
    await vi.advanceTimersByTimeAsync(12_000);
    await expectError(await sent, 503, "auth_unavailable");
  } finally {
    vi.useRealTimers();
    await failing.shutdown();
  }
});

describe("the signed-in user", () => {
  test("is as Auth returns it", async () => {
    authAnswer = () => Response.json(user);
    const answer = await world.request("/api/auth/user");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ user });
    expect(calls[0].headers.get("authorization")).toBe(`Bearer ${USER}`);
  });

  test("answers 401 when the session or the account has ended", async () => {
    for (const reason of ["session_not_found", "user_not_found"]) {
      authFails(403, reason);
      await expectError(
        await world.request("/api/auth/user"),
        401,
        "session_ended",
      );
    }
  });

  test("answers 401 without a token", async () => {
    const answer = await world.request("/api/auth/user", { user: null });
    await expectError(answer, 401, "unauthorized");
    expect(calls).toEqual([]);
  });
});
