import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { Chromium } from "../chromium.ts";
import type { ExampleApp } from "../example_app.ts";
import type { TestStack } from "../../../../platform/test_stack/test_stack.ts";

/** The examples that `npm test -- examples` serves for this process. */
export const apps: ExampleApp[] = fromEnvironment("EXAMPLES");

/** The stack that the examples use. */
export const stack: TestStack = fromEnvironment("TEST_STACKS")[0];

/** A user's browser window, and what went wrong in it. */
export interface Visit {
  page: Page;
  context: BrowserContext;
  /** Errors in the console, failed requests, requests to other machines; sentences for people. */
  faults: string[];
}

export interface VisitOptions {
  colorScheme?: "light" | "dark";
  width?: number;
}

const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** A browser is slower beside a build. */
const TIMEOUT_MS = 20_000;

let browser: Browser;

/** Starts one browser for a file's tests. */
export function withBrowser(): void {
  beforeAll(async () => {
    const { executable, env }: Chromium = fromEnvironment("CHROMIUM");
    browser = await chromium.launch({
      executablePath: executable,
      // Chromium's sandbox refuses root.
      args: [...FLAGS, ...Deno.uid() === 0 ? ["--no-sandbox"] : []],
      env: { ...Deno.env.toObject(), ...env },
      // The process that starts the tests stops them.
      handleSIGINT: false,
    });
  });
  afterAll(() => browser.close());
}

/** Opens an example as a new person would: without cookies and stored files. Closes it after the test. */
export async function visit(
  app: ExampleApp,
  { colorScheme = "light", width = 1000 }: VisitOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height: 900 },
    locale: "en-GB",
    acceptDownloads: true,
  });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(TIMEOUT_MS);
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
  const page = await context.newPage();
  await page.goto(app.url);
  return { page, context, faults };
}

function fromEnvironment(name: string) {
  const value = Deno.env.get(name);
  if (!value) throw new Error("These tests need served examples: run them with `npm test -- examples`.");
  return JSON.parse(value);
}
