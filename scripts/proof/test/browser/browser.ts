import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { launchBrowser } from "./launch_browser.ts";

/** A person's browser window, and what went wrong in it. */
export interface Window {
  context: BrowserContext;
  /** Errors in the console, failed requests, requests to other machines; sentences for people. */
  faults: string[];
}

/** A browser is slower beside a build. */
const TIMEOUT_MS = 20_000;

let browser: Browser;

/** Starts one browser for a file's tests. */
export function withBrowser(): void {
  beforeAll(async () => {
    browser = await launchBrowser(fromEnvironment("CHROMIUM", "examples or console"));
  });
  afterAll(() => browser.close());
}

/** Opens a window without cookies and stored files. Closes it after the test. */
export async function openWindow(options: BrowserContextOptions = {}): Promise<Window> {
  const context = await browser.newContext({
    viewport: { width: 1000, height: 900 },
    locale: "en-GB",
    acceptDownloads: true,
    ...options,
  });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(TIMEOUT_MS);
  return { context, faults: watchFaults(context) };
}

function watchFaults(context: BrowserContext): string[] {
  const faults: string[] = [];
  context.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && hostname !== "127.0.0.1") faults.push(`asked ${request.url()}`);
  });
  context.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "failed";
    // A page that is left, and a call that was cancelled, end their requests.
    if (reason !== "net::ERR_ABORTED") faults.push(`${request.method()} ${request.url()}: ${reason}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 400) {
      faults.push(`${response.request().method()} ${response.url()}: ${response.status()}`);
    }
  });
  context.on("console", (message) => {
    // Chromium repeats a failed request's status here.
    const repeats = message.text().startsWith("Failed to load resource");
    if (["error", "warning"].includes(message.type()) && !repeats) faults.push(`console: ${message.text()}`);
  });
  context.on("weberror", (error) => faults.push(`uncaught: ${error.error().message}`));
  return faults;
}

/** What the command that starts the tests has prepared for them. */
// deno-lint-ignore no-explicit-any
export function fromEnvironment(name: string, command: string): any {
  const value = Deno.env.get(name);
  if (!value) throw new Error(`These tests need what \`npm test -- ${command}\` prepares: run them with it.`);
  return JSON.parse(value);
}
