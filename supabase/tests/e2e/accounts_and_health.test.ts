import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { call } from "./harness.ts";

const password = "correct horse 7 battery";
const consent = {
  consent_version: "2026-01",
  consent_timestamp: "2026-11-01T10:00:00Z",
};

describe("accounts", () => {
  it("sign up and log in, and refuse an address that is taken", async () => {
    const email = `user-${crypto.randomUUID()}@example.test`;
    const signup = await call("/api/auth/signup", {
      method: "POST",
      json: { email, password, ...consent, name: "Ada" },
    });
    expect(signup.status).toBe(201);

    const login = await call("/api/auth/login", {
      method: "POST",
      json: { email, password },
    });
    expect(login.status).toBe(200);
    expect(login.body).toMatchObject({
      token_type: "bearer",
      user: { email },
    });
    expect(login.body.expires_in).toBeGreaterThan(0);
    expect(login.body.refresh_token).toBeTruthy();

    const me = await call("/api/auth/user", {
      headers: { authorization: `Bearer ${login.body.access_token}` },
    });
    expect(me.status).toBe(200);

    const again = await call("/api/auth/signup", {
      method: "POST",
      json: { email, password, ...consent },
    });
    expect([again.status, again.body.error.code]).toEqual([409, "email_taken"]);

    const wrong = await call("/api/auth/login", {
      method: "POST",
      json: { email, password: "wrong" },
    });
    expect([wrong.status, wrong.body.error.code]).toEqual([
      401,
      "invalid_credentials",
    ]);
  });
});

describe("health", () => {
  it("reports each component, the version and the migration level", async () => {
    const { status, body } = await call("/api/health");
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toMatch(/database/);
    expect(JSON.stringify(body)).toMatch(/storage/);
    const migrations = await readdir(
      new URL("../../migrations/", import.meta.url),
    );
    expect(body.migration).toBe(migrations.toSorted().at(-1)?.split("_")[0]);
  });
});
