import { describe, expect, it } from "vitest";
import { withBrowser } from "../../browser/browser.ts";
import { consoleUrl, openConsole } from "./open_console.ts";
import { createPerson } from "./people.ts";

withBrowser();

/** What the page's policy has refused. */
const WATCH = `
  globalThis.violations = [];
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
    globalThis.violations.push(effectiveDirective + " " + blockedURI);
  });`;

describe("the security policy", () => {
  it("is never violated when every screen is opened", async () => {
    const { page, context, faults } = await openConsole({ as: await createPerson("operator") });
    await context.addInitScript(WATCH);
    await page.reload();
    const links = page.getByRole("navigation", { name: "Screens" }).getByRole("link");
    await links.first().waitFor();
    const screens = await Promise.all((await links.all()).map(async (link) => (await link.getAttribute("href"))!));
    expect(screens.length).toBeGreaterThan(10);
    for (const screen of screens) {
      await page.evaluate((hash) => void (location.hash = hash), screen);
      await page.getByRole("heading", { level: 1 }).waitFor();
    }
    expect(await page.evaluate("globalThis.violations")).toEqual([]);
    expect(faults.filter((fault) => /policy|trusted/i.test(fault))).toEqual([]);
  });

  it("refuses scripts, styles, HTML, and other machines", async () => {
    const { page, context } = await openConsole();
    await context.addInitScript(WATCH);
    await page.reload();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.evaluate(`(async () => {
      document.head.append(Object.assign(document.createElement("style"), { textContent: "body { color: red }" }));
      try {
        document.body.innerHTML = "<img src=x onerror=alert(1)>";
      } catch {
        // Trusted Types.
      }
      await fetch("https://elsewhere.example/").catch(() => {});
    })()`);
    expect(await page.evaluate("globalThis.violations")).toEqual([
      expect.stringContaining("style-src-elem"),
      expect.stringContaining("require-trusted-types-for"),
      expect.stringContaining("connect-src https://elsewhere.example/"),
    ]);
    expect(await page.evaluate("document.querySelectorAll('img[src=x]').length")).toBe(0);
  });

  it("is sent with every file, and forbids frames", async () => {
    const { page } = await openConsole();
    for (const path of ["", "config.json", "icon.svg"]) {
      const answer = await page.request.get(`${consoleUrl}${path}`);
      expect([path, answer.status()]).toEqual([path, 200]);
      expect(answer.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(answer.headers()["x-content-type-options"]).toBe("nosniff");
    }
  });
});
