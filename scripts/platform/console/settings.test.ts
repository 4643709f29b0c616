import { describe, expect, it } from "vitest";
import { UsageError } from "../../dev/error_with_remedy.ts";
import { legacyKey, LOCAL_KEYS } from "../stack/keys.ts";
import { consoleSettings } from "./settings.ts";

const url = "https://abcdefghijklmnopqrst.supabase.co";
const serviceRoleKey = await legacyKey("service_role");
const publishableKey = "sb_publishable_abc-DEF_123";

describe("the settings", () => {
  it("are the project's origin and its public key", () => {
    expect(consoleSettings({ url: `${url}/rest/v1/`, publishableKey })).toEqual({ url, publishableKey });
  });

  it("name the terms when they are given", () => {
    const terms = { consentVersion: "2026-01", termsUrl: "https://example.com/terms" };
    expect(consoleSettings({ url, publishableKey, ...terms })).toEqual({ url, publishableKey, ...terms });
    expect(() => consoleSettings({ url, publishableKey, termsUrl: "javascript:alert(1)" })).toThrow(UsageError);
  });

  it("take an older project's anon key", async () => {
    const key = await legacyKey("anon");
    expect(consoleSettings({ url, publishableKey: key }).publishableKey).toBe(key);
  });

  it.each(["", "javascript:alert(1)", "abc"])("refuse the address %j", (url) => {
    expect(() => consoleSettings({ url, publishableKey })).toThrow(UsageError);
  });

  it.each([
    ["a secret key", LOCAL_KEYS.secretKey, "This is a secret key"],
    ["an older project's secret key", serviceRoleKey, "This is a secret key"],
    ["anything else", "hunter2", "This is no publishable key"],
    ["a malformed token", "a.b.c", "This is no publishable key"],
    ["nothing", "", "This is no publishable key"],
  ])("refuse %s without repeating it", (_, key, message) => {
    const refusal = caught(() => consoleSettings({ url, publishableKey: key }));
    expect(refusal).toBeInstanceOf(UsageError);
    expect(refusal.message).toContain(message);
    if (key) expect(`${refusal.message} ${refusal.remedy}`).not.toContain(key);
  });
});

function caught(act: () => unknown): UsageError {
  try {
    act();
  } catch (error) {
    return error as UsageError;
  }
  throw new Error("nothing was thrown");
}
