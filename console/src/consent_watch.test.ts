import { afterEach, expect, it, vi } from "vitest";
import { fetchWatchingConsent, isConsentMissing, setConsentMissing } from "./consent_watch.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  setConsentMissing(false);
});

const refusal = (code: string, status = 403) => Response.json({ error: { code, message: "no" } }, { status });

it("notes that consent is missing when the API asks for it, and leaves the answer to its caller", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(refusal("consent_required")));
  const answer = await fetchWatchingConsent("https://example.test");
  expect(isConsentMissing()).toBe(true);
  expect(await answer.json()).toMatchObject({ error: { code: "consent_required" } });
});

it.each([
  ["another refusal", refusal("mfa_required")],
  ["an answer that is no JSON", new Response("<p>no</p>", { status: 403 })],
  ["another status", refusal("consent_required", 200)],
])("notes nothing when the answer is %s", async (_name, answer) => {
  vi.stubGlobal("fetch", () => Promise.resolve(answer));
  await fetchWatchingConsent("https://example.test");
  expect(isConsentMissing()).toBe(false);
});
