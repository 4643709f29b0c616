import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { consoleUrl, openConsole } from "./open_console.ts";
import { asSuperuser, createPerson, PASSWORD } from "./people.ts";

withBrowser();
afterEach(() => asSuperuser((sql) => sql`update pipeline_internal.limits set required_consent_version = null`));

const newEmail = () => `user-${crypto.randomUUID()}@example.test`;

/** Opens the console as a visitor, with more settings in config.json. */
async function openAsVisitor(settings: Record<string, string> = {}) {
  const window = await openConsole();
  if (Object.keys(settings).length > 0) {
    await window.page.route("**/config.json", async (route) => {
      const given = await (await route.fetch()).json();
      await route.fulfill({ json: { ...given, ...settings } });
    });
    await window.page.reload();
  }
  await window.page.getByRole("heading", { level: 1 }).waitFor();
  return window;
}

async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Answers what Auth would, where it needs a mailbox or a project with other settings. */
async function answerAuth(page: Page, path: string, status: number, json: unknown): Promise<void> {
  await page.route(`**/auth/v1/${path}**`, (route) => route.fulfill({ status, json }));
}

describe("signing up", () => {
  it("agrees to the terms and is in", async () => {
    await asSuperuser((sql) => sql`update pipeline_internal.limits set required_consent_version = '2026-11'`);
    const terms = { consentVersion: "2026-11", termsUrl: "https://example.test/terms" };
    const { page, faults } = await openAsVisitor(terms);
    await page.getByRole("button", { name: "Create an account" }).click();
    const email = newEmail();
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    expect(await page.getByRole("link", { name: /Read the terms/ }).getAttribute("href")).toBe(terms.termsUrl);
    expect(await axeFaults(page)).toEqual([]);

    const submit = page.getByRole("button", { name: "Create an account" });
    await submit.click();
    expect(
      await page.getByLabel(/I agree to the terms/).evaluate((box: { validity: { valueMissing: boolean } }) =>
        box.validity.valueMissing
      ),
    ).toBe(true);
    await page.getByLabel("I agree to the terms, version 2026-11").check();
    await submit.click();
    await page.getByRole("link", { name: "Account" }).click();
    await page.getByText("You agreed to version 2026-11").waitFor();
    expect(await page.getByText("There are new terms").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("needs no terms when the project names none, and says the rules of passwords", async () => {
    const { page } = await openAsVisitor();
    await page.getByRole("button", { name: "Create an account" }).click();
    expect(await page.getByLabel(/I agree/).count()).toBe(0);
    const password = page.getByLabel("Password", { exact: true });
    expect(await password.getAttribute("autocomplete")).toBe("new-password");
    await page.getByText("At least 8 characters").waitFor();
    await page.getByLabel("Email").fill(newEmail());
    await password.fill(PASSWORD);
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByRole("navigation", { name: "Screens" }).waitFor();
  });

  it("says that the address must be confirmed, and sends the mail again", async () => {
    const { page } = await openAsVisitor();
    const user = { id: crypto.randomUUID(), email: "reader@example.test", identities: [{}] };
    await answerAuth(page, "signup", 200, user);
    await answerAuth(page, "resend", 200, {});
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByLabel("Email").fill("reader@example.test");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByText("We have sent a mail to reader@example.test.").waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Send it again" }).click();
    await page.getByText("The mail was sent again.").waitFor();
  });
});

describe("signing in", () => {
  it("refuses a wrong password, and lets in with the right one, to the screen that the address names", async () => {
    const person = await createPerson();
    const { page } = await openConsole({ at: "/account" });
    await signIn(page, person.email, "not the password");
    await page.getByText("The email address or the password is wrong.").waitFor();
    await signIn(page, person.email);
    await page.getByRole("heading", { level: 1, name: "Account" }).waitFor();
  });

  it("says when to try again when Auth refuses too many attempts", async () => {
    const { page } = await openAsVisitor();
    const msg = "For security purposes, you can only request this after 42 seconds.";
    await answerAuth(page, "token", 429, { code: 429, error_code: "over_request_rate_limit", msg });
    await signIn(page, newEmail());
    await page.getByText("That was too often. Try again in 42 seconds.").waitFor();
  });

  it("sends a link for a forgotten password, and sets a new one when the link is opened here", async () => {
    const person = await createPerson();
    const { page } = await openAsVisitor();
    await answerAuth(page, "recover", 200, {});
    await page.getByRole("button", { name: "I have forgotten my password" }).click();
    await page.getByLabel("Email").fill(person.email);
    const asked = page.waitForRequest("**/auth/v1/recover**");
    await page.getByRole("button", { name: "Send me a link" }).click();
    expect((await asked).postDataJSON()).toMatchObject({ code_challenge_method: "s256" });
    await page.getByText("a mail with a link is on its way").waitFor();

    // What Auth answers to the link's code and the half that this browser kept.
    await page.route("**/auth/v1/token?grant_type=pkce", async (route) => {
      expect(route.request().postDataJSON()).toMatchObject({
        auth_code: "the-code",
        code_verifier: expect.any(String),
      });
      await route.fulfill({ json: { ...person.session, user: person.session.user } });
    });
    await answerAuth(page, "user", 200, person.session.user);
    await page.goto(`${consoleUrl}?code=the-code`);
    await page.getByRole("heading", { level: 1, name: "New password" }).waitFor();
    expect(page.url()).not.toContain("the-code");
    await page.getByLabel("New password", { exact: true }).fill("another horse 8 battery");
    const changed = page.waitForRequest((request) => request.method() === "PUT" && request.url().includes("/user"));
    await page.getByRole("button", { name: "Set the new password" }).click();
    expect((await changed).postDataJSON()).toMatchObject({ password: "another horse 8 battery" });
    await page.getByRole("navigation", { name: "Screens" }).waitFor();
  });

  it("never uses a token that stands in the address, and removes it", async () => {
    const { session } = await createPerson();
    const { page } = await openConsole();
    await page.goto("about:blank");
    await page.goto(
      `${consoleUrl}#access_token=${session.access_token}&refresh_token=${session.refresh_token}&type=signup`,
    );
    await page.getByText("Your address is confirmed. Sign in.").waitFor();
    expect(page.url()).not.toContain("access_token");
  });

  it("asks for the second factor when the account has one", async () => {
    const person = await createPerson();
    const factor = { id: crypto.randomUUID(), factor_type: "totp", status: "verified", friendly_name: "Phone" };
    const user = { ...person.session.user, factors: [factor] };
    const { page } = await openAsVisitor();
    await answerAuth(page, "token", 200, { ...person.session, user });
    await answerAuth(page, "user", 200, user);
    await answerAuth(page, `factors/${factor.id}/challenge`, 200, { id: "challenge", type: "totp", expires_at: 2e9 });
    await answerAuth(page, `factors/${factor.id}/verify`, 422, {
      code: 422,
      error_code: "mfa_verification_failed",
      msg: "Invalid TOTP code entered",
    });
    await signIn(page, person.email);
    await page.getByRole("heading", { level: 1, name: "Second factor" }).waitFor();
    expect(await page.getByRole("navigation").count()).toBe(0);
    const code = page.getByLabel("Code");
    expect(await code.getAttribute("autocomplete")).toBe("one-time-code");
    await code.fill("123 456");
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByText("This code is wrong, or it is too old.").waitFor();
    expect(await axeFaults(page)).toEqual([]);
  });

  it("says that the session has ended", async () => {
    const person = await createPerson();
    const { page } = await openConsole({ as: person, at: "/account" });
    await page.getByRole("heading", { level: 1, name: "Account" }).waitFor();
    await asSuperuser((sql) => sql`delete from auth.sessions where user_id = ${person.id}`);
    await page.evaluate(() => {
      const session = JSON.parse(localStorage.getItem("document-console")!);
      localStorage.setItem("document-console", JSON.stringify({ ...session, expires_at: 1 }));
    });
    await page.reload();
    await page.getByText("Your session has ended. Sign in again.").waitFor();
  });

  it("speaks German", async () => {
    const { page } = await openConsole({ locale: "de-DE" });
    await page.getByRole("heading", { level: 1, name: "Anmelden" }).waitFor();
    await page.getByLabel("E-Mail").fill(newEmail());
    await page.getByLabel("Passwort", { exact: true }).fill("falsch und lang");
    await page.getByRole("button", { name: "Anmelden" }).click();
    await page.getByText("Die E-Mail-Adresse oder das Passwort ist falsch.").waitFor();
  });
});

describe("the account", () => {
  it("leads to newer terms from every screen, and agrees to them", async () => {
    const person = await createPerson();
    await asSuperuser((sql) => sql`update pipeline_internal.limits set required_consent_version = '2026-12'`);
    const { page } = await openConsole({ as: person, at: "/files" });
    await page.getByText("There are new terms, version 2026-12.").waitFor();
    await page.getByRole("link", { name: "To the terms" }).click();
    await page.getByRole("button", { name: "Agree to version 2026-12" }).click();
    await page.getByText("You agreed to version 2026-12").waitFor();
    await page.getByRole("link", { name: "Documents" }).click();
    await page.getByRole("heading", { level: 1, name: "Documents" }).waitFor();
    expect(await page.getByText("There are new terms").count()).toBe(0);
  });

  it("exports everything into a file", async () => {
    const person = await createPerson();
    const { page } = await openConsole({ as: person, at: "/account" });
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export my data" }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe("export.ndjson");
    const lines = (await Deno.readTextFile((await download.path())!)).trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    expect(lines[0]).toMatchObject({ type: "account", user: { id: person.id, email: person.email } });
  });

  it("allows support access, shows it, and withdraws it", async () => {
    const { page } = await openConsole({ as: await createPerson(), at: "/account" });
    await page.getByText("Operators cannot search your documents.").waitFor();
    await page.getByLabel("For how many days").fill("3");
    await page.getByRole("button", { name: "Allow it" }).click();
    await page.getByText("Operators may try searches on your documents until").waitFor();
    await page.getByText("No operator has searched your documents.").waitFor();
    await page.getByRole("button", { name: "Withdraw it" }).click();
    await page.getByText("Operators cannot search your documents.", { exact: true }).waitFor();
  });

  it("changes the password", async () => {
    const person = await createPerson();
    const { page } = await openConsole({ as: person, at: "/account" });
    await page.getByRole("button", { name: "Change password" }).click();
    const dialog = page.getByRole("dialog", { name: "Change password" });
    await dialog.getByLabel("Current password").fill("not the password");
    await dialog.getByLabel("New password", { exact: true }).fill("another horse 8 battery");
    await dialog.getByRole("button", { name: "Change password" }).click();
    await dialog.getByText("The current password is wrong.").waitFor();
    await dialog.getByLabel("Current password").fill(PASSWORD);
    await dialog.getByRole("button", { name: "Change password" }).click();
    await page.getByText("Your password is changed.").waitFor();
    const { error } = await person.supabase.auth.signInWithPassword({
      email: person.email,
      password: "another horse 8 battery",
    });
    expect(error).toBeNull();
  });

  it("deletes the account once its address is typed and the password is right", async () => {
    const person = await createPerson();
    const { page } = await openConsole({ as: person, at: "/account" });
    await page.getByRole("button", { name: "Delete account" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete account" });
    const act = dialog.getByRole("button", { name: "Delete my account" });
    expect(await act.isDisabled()).toBe(true);
    await dialog.getByLabel(/^Type /).fill(person.email);
    await dialog.getByLabel("Password", { exact: true }).fill("not the password");
    await act.click();
    await dialog.getByText("The password is wrong. Your account was not deleted.").waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await act.click();
    await page.getByText("Your account and everything that belonged to it are deleted.").waitFor();
    const rows = await asSuperuser((sql) => sql`select from auth.users where id = ${person.id}`);
    expect(rows).toHaveLength(0);
  });

  it("signs out everywhere", async () => {
    const person = await createPerson();
    const { page } = await openConsole({ as: person, at: "/account" });
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Sign out everywhere" }).click();
    await page.getByText("You have signed out on all devices.").waitFor();
    const sessions = await asSuperuser((sql) => sql`select from auth.sessions where user_id = ${person.id}`);
    expect(sessions).toHaveLength(0);
  });

  it("fits a narrow window, dark, in German, without a serious finding", async () => {
    const person = await createPerson();
    const { page } = await openConsole({
      as: person,
      at: "/account",
      width: 360,
      colorScheme: "dark",
      locale: "de-DE",
    });
    await page.getByText("Betreiber können Ihre Dokumente nicht durchsuchen.").waitFor();
    await page.getByText("Heute hochgeladen").waitFor();
    expect(await fitsWidth(page)).toBe(true);
    expect(await axeFaults(page)).toEqual([]);
  });
});
