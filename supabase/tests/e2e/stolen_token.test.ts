import { beforeEach, describe, expect, it } from "vitest";
import { withEveryOption } from "./every_option.ts";
import { call, createUser, functionsUrl, PASSWORD, stack, type User } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/** What the holder of another user's access token, and of nothing else, can do with it and for how long. */
const sql = useDatabase();
withEveryOption();

const NEW_PASSWORD = "another horse 8 battery";

let user: User;
beforeEach(async () => {
  user = await createUser();
});

async function auth(method: string, path: string, json?: unknown) {
  const response = await fetch(`${stack.url}/auth/v1${path}`, {
    method,
    headers: {
      apikey: stack.publishableKey,
      authorization: `Bearer ${user.token}`,
      "content-type": "application/json",
    },
    body: json === undefined ? undefined : JSON.stringify(json),
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

const leave = (password: string) => call("/api/account", { method: "DELETE", user, json: { password } });

async function sessionAge(age: string) {
  await sql`update auth.sessions set created_at = created_at - ${age}::interval where user_id = ${user.id}`;
  await sql`
    update auth.mfa_amr_claims set created_at = created_at - ${age}::interval
    where session_id in (select id from auth.sessions where user_id = ${user.id})`;
}

describe("a stolen token", () => {
  it("cannot change the password without the current one", async () => {
    const alone = await auth("PUT", "/user", { password: NEW_PASSWORD });
    expect([alone.status, alone.body.error_code])
      .toEqual([400, "current_password_required"]);
    const guessed = await auth("PUT", "/user", {
      password: NEW_PASSWORD,
      current_password: "guessed",
    });
    expect([guessed.status, guessed.body.error_code])
      .toEqual([400, "current_password_invalid"]);
    expect(
      (await user.client.auth.signInWithPassword({
        email: user.email,
        password: PASSWORD,
      })).error,
    ).toBeNull();
  });

  it("cannot change the password of a day-old session without a mailed code", async () => {
    await sessionAge("25 hours");
    const { status, body } = await auth("PUT", "/user", {
      password: NEW_PASSWORD,
      current_password: PASSWORD,
    });
    expect([status, body.error_code]).toEqual([400, "reauthentication_needed"]);
    const wrong = await auth("PUT", "/user", {
      password: NEW_PASSWORD,
      current_password: PASSWORD,
      nonce: "000000",
    });
    expect([wrong.status, wrong.body.error_code])
      .toEqual([422, "reauthentication_not_valid"]);
  });

  it("cannot move the account to another address", async () => {
    const email = `thief-${crypto.randomUUID()}@example.test`;
    expect((await auth("PUT", "/user", { email })).status).toBe(200);
    const [row] = await sql`
      select email, email_change, email_change_token_current <> '' as asks_the_old_one
      from auth.users where id = ${user.id}`;
    expect(row).toEqual({
      email: user.email,
      email_change: email,
      asks_the_old_one: true,
    });
  });

  it("cannot delete the account with a password that it has just set", async () => {
    // As in a project where a token suffices to set the password.
    await sql`
      update auth.users set encrypted_password = extensions.crypt(${NEW_PASSWORD}, extensions.gen_salt('bf', 4))
      where id = ${user.id}`;
    const { status, body, headers } = await leave(NEW_PASSWORD);
    expect([status, body.error.code])
      .toEqual([403, "password_changed_recently"]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(86_000);
    expect(Date.parse(body.error.details.possible_from))
      .toBeGreaterThan(Date.now() + 86_000_000);
    expect((await call("/api/auth/user", { user })).status).toBe(200);
    const entries = await sql`
      select action, actor from pipeline_internal.audit_log where user_id = ${user.id}`;
    expect(entries).toEqual([{
      action: "password_changed",
      actor: "operator",
    }]);
  });
});

describe("the owner", () => {
  it("changes the password, which ends other sessions, is recorded, and delays deletion by a day", async () => {
    const other = await user.client.auth.signInWithPassword({
      email: user.email,
      password: PASSWORD,
    });
    const { status } = await auth("PUT", "/user", {
      password: NEW_PASSWORD,
      current_password: PASSWORD,
    });
    expect(status).toBe(200);
    const refreshed = await call("/api/auth/refresh", {
      method: "POST",
      json: { refresh_token: other.data.session!.refresh_token },
    });
    expect(refreshed.status).toBe(401);
    const entries = await sql`
      select action, actor from pipeline_internal.audit_log where user_id = ${user.id}`;
    expect(entries).toEqual([{ action: "password_changed", actor: "user" }]);

    expect((await leave(NEW_PASSWORD)).body.error.code)
      .toBe("password_changed_recently");
    await sql`alter table pipeline_internal.audit_log disable trigger append_only`;
    await sql`
      update pipeline_internal.audit_log set happened_at = happened_at - interval '24 hours' where user_id = ${user.id}`;
    await sql`alter table pipeline_internal.audit_log enable trigger append_only`;
    expect((await leave(NEW_PASSWORD)).status).toBe(204);
  });

  it("cannot choose a password of less than eight characters", async () => {
    const { status, body } = await auth("PUT", "/user", {
      password: "short 7",
      current_password: PASSWORD,
    });
    expect([status, body.error_code]).toEqual([422, "weak_password"]);
  });
});

describe("a token", () => {
  it("names its sign-in, also after a refresh", async () => {
    await sessionAge("2 hours");
    const { data } = await user.client.auth.refreshSession();
    const { amr } = JSON.parse(atob(data.session!.access_token.split(".")[1]));
    expect(amr).toEqual([{
      method: "password",
      timestamp: expect.any(Number),
    }]);
    const ageSeconds = Date.now() / 1000 - amr[0].timestamp;
    expect(ageSeconds).toBeGreaterThan(7_190);
  });

  it("outlives sign-out for at most an hour, but deletes and exports nothing", async () => {
    const { exp, iat } = JSON.parse(atob(user.token.split(".")[1]));
    expect(exp - iat).toBeLessThanOrEqual(3600);
    await user.client.auth.signOut({ scope: "global" });
    expect((await call("/api/documents", { user })).status).toBe(200);
    expect((await leave(PASSWORD)).body.error.code).toBe("session_ended");
    for (const query of ["", `?after=${crypto.randomUUID()}`]) {
      const exported = await fetch(
        `${functionsUrl}/api/account/export${query}`,
        { headers: { authorization: `Bearer ${user.token}` } },
      );
      expect([exported.status, (await exported.json()).error.code])
        .toEqual([401, "session_ended"]);
    }
  });

  it.each([
    ["30 days after the sign-in", "721 hours", "0 hours"],
    ["a week after it was last used", "169 hours", "169 hours"],
  ])("is not refreshed %s", async (_, created, refreshed) => {
    const { data } = await user.client.auth.getSession();
    await sql`
      update auth.sessions set created_at = now() - ${created}::interval,
        refreshed_at = (now() - ${refreshed}::interval) at time zone 'utc'
      where user_id = ${user.id}`;
    const { status, body } = await call("/api/auth/refresh", {
      method: "POST",
      json: { refresh_token: data.session!.refresh_token },
    });
    expect([status, body.error.code]).toEqual([401, "invalid_refresh_token"]);
  });
});
