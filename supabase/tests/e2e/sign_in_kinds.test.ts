import { createClient } from "@supabase/supabase-js";
import { decodeJwt, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { useLimits } from "./changed_limits.ts";
import { withEveryOption } from "./every_option.ts";
import { call, createUser, PASSWORD, register, stack, upload, type User, waitFor } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/** Every kind of sign-in has the same rights, limits, consent and audit, and can delete the account. */
const sql = useDatabase();
const setLimits = useLimits(sql);
withEveryOption();

/** The claims that Auth issues for each kind, and whether such an account has a password. */
const KINDS = {
  password: { methods: ["password"], provider: "email", hasPassword: true },
  oauth: { methods: ["oauth"], provider: "google", hasPassword: false },
  magicLink: { methods: ["otp"], provider: "email", hasPassword: false },
  mfa: { methods: ["totp", "password"], provider: "email", hasPassword: true },
};
type Kind = keyof typeof KINDS;

/** @param signedInAgo seconds since the sign-in that the token comes from */
async function signedIn(kind: Kind, signedInAgo = 0): Promise<User> {
  const { methods, provider, hasPassword } = KINDS[kind];
  const user = await createUser();
  if (!hasPassword) {
    await sql`update auth.users set encrypted_password = null where id = ${user.id}`;
  }
  const timestamp = Math.floor(Date.now() / 1000) - signedInAgo;
  const token = await new SignJWT({
    ...decodeJwt(user.token),
    aal: kind === "mfa" ? "aal2" : "aal1",
    amr: methods.map((method) => ({ method, timestamp })),
    app_metadata: { provider, providers: [provider] },
  }).setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(stack.jwtSecret));
  const client = createClient(stack.url, stack.publishableKey, {
    global: { headers: { authorization: `Bearer ${token}` } },
    auth: { persistSession: false, autoRefreshToken: false },
  });
  return { ...user, token, client };
}

const leave = (user: User, json: unknown) => call("/api/account", { method: "DELETE", user, json });

describe.each(Object.keys(KINDS) as Kind[])(
  "a user signed in by %s",
  (kind) => {
    it("uploads, reads, searches and downloads only own documents", async () => {
      const [user, other] = [await signedIn(kind), await createUser()];
      const { document_id } = await upload(user);
      const theirs = await upload(other);
      await waitFor(user, document_id, ["complete"]);
      const found = await call("/api/search", {
        method: "POST",
        user,
        json: { query: "membership", mode: "text" },
      });
      expect(found.status).toBe(200);
      const ids = found.body.results.map((each: { document_id: string }) => each.document_id);
      expect(new Set(ids)).toEqual(new Set([document_id]));
      for (const route of ["status", "download"]) {
        const of = async (id: string) => (await call(`/api/documents/${id}/${route}`, { user })).status;
        expect([await of(document_id), await of(theirs.document_id)])
          .toEqual([200, 404]);
      }
      const { data } = await user.client.schema("upload_pipeline")
        .from("documents").select("document_id");
      expect(data).toEqual([{ document_id }]);
    });

    it("has the same limits, consent and audit", async () => {
      const user = await signedIn(kind);
      const outcome = async () => {
        const { status, body } = await register(user);
        return [status, body.error?.code];
      };
      await setLimits({
        required_consent_version: "1",
        uploads_per_user_per_day: 1,
      });
      expect(await outcome()).toEqual([403, "consent_required"]);
      const consent = { method: "POST", user, json: { consent_version: "1" } };
      expect((await call("/api/account/consent", consent)).status).toBe(200);
      expect(await outcome()).toEqual([200, undefined]);
      expect((await outcome())[0]).toBe(429);

      expect((await call("/api/account/export", { user })).status).toBe(200);
      const entries = await sql`
      select action, actor from pipeline_internal.audit_log
      where user_id = ${user.id} and action <> 'password_changed' order by audit_no`;
      expect(entries).toEqual([
        { action: "consent", actor: "user" },
        { action: "upload", actor: "user" },
        { action: "export", actor: "user" },
      ]);
    });

    it("deletes the account with its credential: the password, or a recent sign-in", async () => {
      const user = await signedIn(kind);
      const { hasPassword } = KINDS[kind];
      const alone = await leave(user, {});
      expect(alone.status).toBe(hasPassword ? 422 : 204);
      if (hasPassword) {
        expect((await leave(user, { password: PASSWORD })).status).toBe(204);
      }
      const [{ count }] = await sql`
      select count(*)::int from auth.users where id = ${user.id}`;
      expect(count).toBe(0);
    });
  },
);

describe("a token of an account without a password", () => {
  it.each(["oauth", "magicLink"] as const)(
    "from %s gets 403 for account deletion when its sign-in is ten minutes old",
    async (kind) => {
      const user = await signedIn(kind, 601);
      for (const json of [{}, { password: PASSWORD }]) {
        const { status, body } = await leave(user, json);
        expect([status, body.error.code]).toEqual([403, "sign_in_required"]);
      }
    },
  );
});

describe("account deletion that requires a second factor", () => {
  it.each(["password", "oauth", "magicLink"] as const)(
    "refuses a session by %s alone before it checks the password",
    async (kind) => {
      await setLimits({ mfa_for_deletion: true });
      const user = await signedIn(kind);
      const { status, body } = await leave(user, { password: "guessed" });
      expect([status, body.error.code]).toEqual([403, "mfa_required"]);
    },
  );

  it("requires both the second factor and the password", async () => {
    await setLimits({ mfa_for_deletion: true });
    const user = await signedIn("mfa");
    const { status, body } = await leave(user, { password: "guessed" });
    expect([status, body.error.code]).toEqual([403, "wrong_password"]);
    expect((await leave(user, { password: PASSWORD })).status).toBe(204);
  });
});
