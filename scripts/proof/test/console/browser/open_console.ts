import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { TestStack } from "../../../../platform/test_stack/test_stack.ts";
import { fromEnvironment, openWindow, type Window } from "../../browser/browser.ts";
import type { Person } from "./people.ts";

/** Where the stack of `npm test -- console` serves the console. */
export const consoleUrl: string = fromEnvironment("CONSOLE_URL", "console");
/** The stack that the console is used with. */
export const stack: TestStack = fromEnvironment("TEST_STACKS", "console")[0];

export interface ConsoleOptions {
  /** Who is signed in; by default no one. */
  as?: Person;
  /** The screen, as in the address after the `#`: `/files`. */
  at?: string;
  colorScheme?: "light" | "dark";
  width?: number;
  height?: number;
  locale?: string;
}

/** The console in a window of its own. */
export interface OpenConsole extends Window {
  page: Page;
}

/** Where the console keeps the session: `storageKey` in console/src/project.ts. */
const SESSION_KEY = "document-console";

/** Opens the console. Closes its window after the test. */
export async function openConsole(
  { as, at = "", colorScheme = "light", width = 1200, height = 900, locale = "en-GB" }: ConsoleOptions = {},
): Promise<OpenConsole> {
  const window = await openWindow({ colorScheme, locale, viewport: { width, height } });
  if (as) {
    window.context.on("request", (request) => {
      const isTold = [as.session.access_token, as.session.refresh_token].some((token) => request.url().includes(token));
      if (isTold) window.faults.push(`a token in an address: ${request.url()}`);
    });
    await window.context.addInitScript(([key, session]) => {
      if (location.protocol === "about:") return;
      // Once: a later sign-out and reload stays signed out.
      if (sessionStorage.getItem("prepared")) return;
      sessionStorage.setItem("prepared", "yes");
      localStorage.setItem(key, session);
    }, [SESSION_KEY, JSON.stringify(as.session)]);
  }
  const page = await window.context.newPage();
  await page.goto(`${consoleUrl}${at && `#${at}`}`);
  return { page, ...window };
}

/** Waits for an expression in the page. Its security policy refuses `waitForFunction`, which evaluates text there. */
export async function becomesTrue(page: Page, expression: string): Promise<void> {
  await expect.poll(() => page.evaluate(`Boolean(${expression})`), { timeout: 20_000, interval: 20 }).toBe(true);
}
