import postgres from "postgres";
import type { BrowserContext, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { becomes, drop, signUp } from "./people.ts";
import { withBrowser } from "../../browser/browser.ts";
import { largeDocument, slowDown } from "../../browser/slow_uploads.ts";
import { apps, stack, visit } from "./visit.ts";

/** What takes seconds to send at this rate. */
const FILE_BYTES = 3_000_000;
const BYTES_PER_SECOND = 500_000;

const HAS_ENDED = "Your session has ended. Please sign in again.";
/** Auth refuses to renew the session. */
const isUnexpected = (fault: string) => !/\/auth\/v1\/.*: 40[0-3]/.test(fault);
const WAS_OFFLINE = /ERR_INTERNET_DISCONNECTED/;
const HAS_BEGUN = "document.querySelector('progress')?.value > 0";

withBrowser();

describe.each(apps)("$name", (app) => {
  it("pauses and resumes an upload when its user asks", async () => {
    const { page, faults } = await visit(app);
    await signUp(page);
    await slowDown(page, BYTES_PER_SECOND);
    await drop(page, [{ name: "large.pdf", bytes: await largeDocument(FILE_BYTES) }]);
    const uploads = page.getByRole("region", { name: "Upload" });
    await page.waitForFunction(HAS_BEGUN);
    await uploads.getByRole("button", { name: "Pause" }).click();
    await uploads.getByRole("button", { name: "Resume" }).click();
    await becomes(page, "large.pdf", "Ready");
    await uploads.getByRole("listitem").waitFor({ state: "detached" });
    expect(faults).toEqual([]);
  });

  it("completes an upload when the connection was lost in the middle", async () => {
    const { page, context, faults } = await visit(app);
    await signUp(page);
    await slowDown(page, BYTES_PER_SECOND);
    await drop(page, [{ name: "large.pdf", bytes: await largeDocument(FILE_BYTES) }]);
    await page.waitForFunction(HAS_BEGUN);
    await context.setOffline(true);
    await page.waitForTimeout(2_000);
    await context.setOffline(false);
    await becomes(page, "large.pdf", "Ready");
    expect(faults.filter((fault) => !WAS_OFFLINE.test(fault))).toEqual([]);
  });

  it("asks for a sign-in when the session has expired", async () => {
    const { page, context, faults } = await visit(app);
    const { email } = await signUp(page);
    const url = page.url();
    await endSession(email);
    await expireStoredSession(page);
    // An open page may notice by itself, as below.
    await page.goto("about:blank");
    await expireCookies(context);
    await page.goto(url);
    await page.getByRole("alert").filter({ hasText: HAS_ENDED }).waitFor();
    expect(await page.content()).not.toContain(email);
    expect(faults.filter(isUnexpected)).toEqual([]);
  });

  it("asks for a sign-in when the session ends while the page is open", async () => {
    const { page, context, faults } = await visit(app);
    const { email } = await signUp(page);
    // Offline, the page cannot notice before all is prepared; it looks when the network is back.
    await context.setOffline(true);
    await endSession(email);
    await expireStoredSession(page);
    await expireCookies(context);
    await context.setOffline(false);
    await page.getByRole("alert").filter({ hasText: HAS_ENDED }).waitFor();
    expect(await page.content()).not.toContain(email);
    // A read that was under way when the session ended has no token.
    const isExpected = (fault: string) => WAS_OFFLINE.test(fault) || /\/rest\/v1\/.*: 401$/.test(fault);
    expect(faults.filter((fault) => isUnexpected(fault) && !isExpected(fault))).toEqual([]);
  });
});

/** As Auth does when a user signs out everywhere: no refresh token is valid any more. */
async function endSession(email: string): Promise<void> {
  const sql = postgres(stack.adminDatabaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`delete from auth.sessions where user_id = (select id from auth.users where email = ${email})`;
  } finally {
    await sql.end();
  }
}

async function expireStoredSession(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const [name, value] of Object.entries(localStorage)) {
      if (!name.endsWith("-auth-token")) continue;
      localStorage.setItem(name, JSON.stringify({ ...JSON.parse(value), expires_at: 1 }));
    }
  });
}

/** The session in the cookies of `@supabase/ssr`, which cuts a long one into several, gets an expiry in the past. */
async function expireCookies(context: BrowserContext): Promise<void> {
  const parts = (await context.cookies()).filter(({ name }) => /-auth-token(\.\d+)?$/.test(name));
  if (parts.length === 0) return;
  parts.sort((a, b) => a.name < b.name ? -1 : 1);
  const text = parts.map(({ value }) => value).join("").replace(/^base64-/, "");
  const session = JSON.parse(Buffer.from(text, "base64url").toString());
  const value = `base64-${Buffer.from(JSON.stringify({ ...session, expires_at: 1 })).toString("base64url")}`;
  const size = Math.ceil(value.length / parts.length);
  await context.addCookies(parts.map((part, n) => ({ ...part, value: value.slice(n * size, (n + 1) * size) })));
}
