import { createClient } from "@supabase/supabase-js";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { withEveryOption } from "./every_option.ts";
import {
  call,
  connect,
  createUser,
  handbook,
  PASSWORD,
  register,
  stack,
  type User,
  variant,
} from "./harness.ts";

/** What users agreed to, and when: a row of ours, that is asked for where documents are taken. */
const sql = connect();
withEveryOption();
afterAll(() => sql.end());

const VERSION = "2026-11";
let user: User;
beforeEach(async () => {
  user = await createUser();
});
afterEach(() => requires(null));

const requires = (version: string | null) =>
  sql`update pipeline_internal.limits set required_consent_version = ${version}`;

const agree = (consent_version: unknown, as: User | undefined = user) =>
  call("/api/account/consent", {
    method: "POST",
    user: as,
    json: { consent_version },
  });

const rows = () =>
  sql`select consent_version, consented_at from pipeline_internal.consents where user_id = ${user.id}`;

const acts = () =>
  sql`
    select action, details, network::text, request_id from pipeline_internal.audit_log
    where user_id = ${user.id} order by audit_no`;

async function sendsForm(): Promise<number> {
  const form = new FormData();
  const bytes = variant(await handbook()) as Uint8Array<ArrayBuffer>;
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

describe("where no version is required", () => {
  it("documents are taken of who has agreed to nothing", async () => {
    expect((await register(user, variant(await handbook()))).status).toBe(200);
    const { body } = await call("/api/upload/limits", { user });
    expect(body.required_consent_version).toBeNull();
  });
});

describe("where a version is required", () => {
  beforeEach(() => requires(VERSION));

  it("documents are taken once it is agreed to, also of who signed up at Auth", async () => {
    const refused = await register(user, variant(await handbook()));
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
    expect((await register(user, variant(await handbook()))).status).toBe(200);
    expect(await sendsForm()).toBe(200);
  });

  it("another is refused, and the same again changes nothing", async () => {
    const other = await agree("2020-01");
    expect([other.status, other.body.error.code])
      .toEqual([409, "consent_version_outdated"]);
    expect(other.body.error.details).toEqual({ required_version: VERSION });
    expect(await rows()).toEqual([]);

    const first = await agree(VERSION);
    expect((await agree(VERSION)).body).toEqual(first.body);
    expect(await acts()).toEqual([{
      action: "consent",
      details: { consent_version: VERSION },
      network: expect.any(String),
      request_id: expect.any(String),
    }]);
  });

  it("who signs up through the API has agreed to what was sent, at the server's time", async () => {
    user = await signUp(VERSION);
    const [row] = await rows();
    expect(row.consent_version).toBe(VERSION);
    expect(Math.abs(row.consented_at.getTime() - Date.now()))
      .toBeLessThan(60_000);
    expect(await acts()).toMatchObject([{
      action: "sign_up",
      details: { consent_version: VERSION },
    }]);
    expect((await register(user, variant(await handbook()))).status).toBe(200);
  });

  it("an older client still signs up, and is asked before its first document", async () => {
    user = await signUp("1");
    const refused = await register(user, variant(await handbook()));
    expect(refused.body.error.code).toBe("consent_required");
    expect((await agree(VERSION)).status).toBe(200);
    expect((await register(user, variant(await handbook()))).status).toBe(200);
  });

  it("what was agreed to is part of the export", async () => {
    await agree(VERSION);
    const { body } = await call("/api/account/export", { user });
    expect(JSON.parse(body.split("\n")[0]).consent).toMatchObject({
      consent_version: VERSION,
    });
  });
});

it("takes a version and nothing else, of who is signed in", async () => {
  expect((await agree("1", undefined as unknown as User)).status).toBe(200);
  const nobody = await call("/api/account/consent", {
    method: "POST",
    json: { consent_version: "1" },
  });
  expect(nobody.status).toBe(401);
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
