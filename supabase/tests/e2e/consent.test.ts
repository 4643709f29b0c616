import { createClient } from "@supabase/supabase-js";
import { beforeEach, describe, expect, it } from "vitest";
import { useLimits } from "./changed_limits.ts";
import { withEveryOption } from "./every_option.ts";
import { call, createUser, newPdf, PASSWORD, register, stack, type User } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

/** The terms that users agreed to, and when: a row of the pipeline's, checked before a document is accepted. */
const sql = useDatabase();
const setLimits = useLimits(sql);
withEveryOption();

const VERSION = "2026-11";
let user: User;
beforeEach(async () => {
  user = await createUser();
});

const agree = (consent_version: unknown, as: User | undefined = user) =>
  call("/api/account/consent", {
    method: "POST",
    user: as,
    json: { consent_version },
  });

const rows = () => sql`select consent_version, consented_at from pipeline_internal.consents where user_id = ${user.id}`;

const auditEntries = () =>
  sql`
    select action, details, network::text, request_id from pipeline_internal.audit_log
    where user_id = ${user.id} order by audit_no`;

async function sendsForm(): Promise<number> {
  const form = new FormData();
  const bytes = await newPdf() as Uint8Array<ArrayBuffer>;
  form.append("file", new File([bytes], "form.pdf"));
  const { status } = await call("/api/upload-document-backend", {
    method: "POST",
    user,
    body: form,
  });
  return status;
}

async function signUp(consent_version: string): Promise<User> {
  const email = `user-${crypto.randomUUID()}@example.test`;
  const { status, body } = await call("/api/auth/signup", {
    method: "POST",
    json: {
      email,
      password: PASSWORD,
      consent_version,
      consent_timestamp: "2001-01-01T00:00:00Z",
    },
  });
  expect(status).toBe(201);
  return {
    id: body.user.id,
    email,
    token: body.access_token,
    client: createClient(stack.url, stack.publishableKey),
  };
}

describe("without a required terms version", () => {
  it("accepts documents of a user without any consent", async () => {
    expect((await register(user)).status).toBe(200);
    const { body } = await call("/api/upload/limits", { user });
    expect(body.required_consent_version).toBeNull();
  });
});

describe("with a required terms version", () => {
  beforeEach(() => setLimits({ required_consent_version: VERSION }));

  it("accepts documents after consent, also of users who signed up at Auth", async () => {
    const refused = await register(user);
    expect([refused.status, refused.body.error.code])
      .toEqual([403, "consent_required"]);
    expect(refused.body.error.details).toEqual({ required_version: VERSION });
    expect(await sendsForm()).toBe(403);
    const listed = await call("/api/documents", { user });
    expect(listed.body.documents).toEqual([]);

    const before = Date.now();
    const { status, body } = await agree(VERSION);
    expect([status, body.consent_version]).toEqual([200, VERSION]);
    const at = Date.parse(body.consented_at);
    expect(at).toBeGreaterThan(before - 5_000);
    expect(at).toBeLessThan(Date.now() + 5_000);
    expect((await register(user)).status).toBe(200);
    expect(await sendsForm()).toBe(200);
  });

  it("refuses another version, and changes nothing when the same one is repeated", async () => {
    const other = await agree("2020-01");
    expect([other.status, other.body.error.code])
      .toEqual([409, "consent_version_outdated"]);
    expect(other.body.error.details).toEqual({ required_version: VERSION });
    expect(await rows()).toEqual([]);

    const first = await agree(VERSION);
    expect((await agree(VERSION)).body).toEqual(first.body);
    expect(await auditEntries()).toEqual([{
      action: "consent",
      details: { consent_version: VERSION },
      network: expect.any(String),
      request_id: expect.any(String),
    }]);
  });

  it("records the consent that is sent at sign-up, with the server's time", async () => {
    user = await signUp(VERSION);
    const [row] = await rows();
    expect(row.consent_version).toBe(VERSION);
    expect(Math.abs(row.consented_at.getTime() - Date.now()))
      .toBeLessThan(60_000);
    expect(await auditEntries()).toMatchObject([{
      action: "sign_up",
      details: { consent_version: VERSION },
    }]);
    expect((await register(user)).status).toBe(200);
  });

  it("accepts a sign-up with an outdated version, and requires consent before the first document", async () => {
    user = await signUp("1");
    const refused = await register(user);
    expect(refused.body.error.code).toBe("consent_required");
    expect((await agree(VERSION)).status).toBe(200);
    expect((await register(user)).status).toBe(200);
  });

  it("exports the consent", async () => {
    await agree(VERSION);
    const { body } = await call("/api/account/export", { user });
    expect(JSON.parse(body.split("\n")[0]).consent).toMatchObject({
      consent_version: VERSION,
    });
  });
});

it("consent returns 401 without a session, and 422 for a malformed version or an unknown field", async () => {
  expect((await agree("1", undefined as unknown as User)).status).toBe(200);
  const signedOut = await call("/api/account/consent", {
    method: "POST",
    json: { consent_version: "1" },
  });
  expect(signedOut.status).toBe(401);
  for (const version of [undefined, "", 7, "x".repeat(65)]) {
    expect((await agree(version)).status).toBe(422);
  }
  const unknown = await call("/api/account/consent", {
    method: "POST",
    user,
    json: { consent_version: "1", consented_at: "2001-01-01T00:00:00Z" },
  });
  expect([unknown.status, unknown.body.error.code])
    .toEqual([422, "validation_failed"]);
});
