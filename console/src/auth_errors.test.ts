import { expect, it } from "vitest";
import { PipelineError } from "supabase-document-pipeline-client";
import { createTexts, english } from "supabase-document-pipeline-client/texts";

const storage = { getItem: () => null, setItem() {} };
Object.assign(globalThis, { localStorage: storage, document: { documentElement: {} } });
const { asKnown } = await import("./auth_errors.ts");
const texts = createTexts(english);

it("says when to try again when Auth's message says it", () => {
  const error = {
    status: 429,
    code: "over_email_send_rate_limit",
    message: "For security purposes, you can only request this after 51 seconds.",
  };
  expect(texts.error(asKnown(error))).toBe("That was too often. Try again in 51 seconds.");
});

it("says that it was too often when Auth does not say when to try again", () => {
  const error = { status: 429, message: "Too many wrong passwords for this account. Try again later." };
  expect(texts.error(asKnown(error))).toBe("That was too often. Wait a moment, and try again.");
});

it.each(["email_exists", "user_already_exists"])("finds the catalogue's text when the code is %s", (code) => {
  expect(texts.error(asKnown({ status: 422, code, message: "taken" }))).toBe(english.errors.email_taken);
});

it("leaves an error as it is when the catalogue has its code, or the API sent it", () => {
  const ofApi = new PipelineError("rate_limited", "too often", { status: 429, retryAfter: 9 });
  expect(asKnown(ofApi)).toBe(ofApi);
  const ofAuth = { status: 400, code: "invalid_credentials", message: "Invalid login credentials" };
  expect(texts.error(asKnown(ofAuth))).toBe(english.errors.invalid_credentials);
});
