import { createClient, type Session } from "@supabase/supabase-js";
import type { Browser } from "playwright-core";
import postgres from "postgres";
import { buildConsole } from "../../../dev/build/console.ts";
import { REPOSITORY } from "../../../dev/repository.ts";
import type { Stack } from "../../../platform/stack/stack.ts";
import { findChromium } from "../../test/browser/chromium.ts";
import { launchBrowser } from "../../test/browser/launch_browser.ts";
import { withBenchStack } from "../bench_stack.ts";
import { now } from "../clock.ts";
import { describeEnvironment, type Environment } from "../machine.ts";
import { median } from "../statistics.ts";
import { fillDatabase } from "../views/fill.ts";

/** The target for a screen, in milliseconds. */
export const MOST_MS = 1_000;
/** Operators' screens that show something without an argument. */
const SCREENS = [
  "overview",
  "documents",
  "failures",
  "alerts",
  "stages",
  "providers",
  "webhooks",
  "costs",
  "limits",
  "schedules",
  "tables",
  "audit",
];
const ACCOUNT = { email: "operator@example.test", password: "correct horse 7 battery" };

export interface ScreenTime {
  name: string;
  /** Milliseconds. */
  p50: number;
  most: number;
}

export interface ConsoleResult {
  environment: Environment;
  jobs: number;
  rounds: number;
  screens: ScreenTime[];
}

export interface ConsoleBench {
  jobs: number;
  rounds: number;
  onProgress(step: string): void;
  /** Aborts the measurement. */
  signal: AbortSignal;
}

/** Times each operators' screen in Chromium, from its address to its content, with this many jobs in the database. */
export async function measureConsole({ jobs, rounds, onProgress, signal }: ConsoleBench): Promise<ConsoleResult> {
  const chromium = await findChromium(onProgress);
  await buildConsole(REPOSITORY);
  return await withBenchStack({ onProgress, signal }, async (stack) => {
    const admin = postgres(stack.adminDatabaseUrl, { max: 1, onnotice: () => {} });
    try {
      const environment = await describeEnvironment(admin);
      const session = await signInAsOperator(stack, admin);
      // The generated jobs are only read; no worker may process them.
      await admin`select cron.alter_job(jobid, active => false) from cron.job`;
      onProgress(`Filling a database with ${jobs.toLocaleString("en-US")} jobs`);
      await admin.begin((tx) => fillDatabase(tx, jobs));
      await admin`vacuum analyze`;
      const browser = await launchBrowser(chromium);
      try {
        const screens: ScreenTime[] = [];
        for (const name of SCREENS) {
          const times: number[] = [];
          // The first round warms the database's cache.
          for (let round = 0; round <= rounds; round++) {
            const time = await openScreen(browser, `${stack.url}/#/${name}`, session);
            if (round > 0) times.push(time);
          }
          screens.push({ name, p50: median(times), most: Math.max(...times) });
          onProgress(`${name}: ${Math.round(median(times))} ms`);
        }
        return { environment, jobs, rounds, screens };
      } finally {
        await browser.close();
      }
    } finally {
      await admin.end({ timeout: 1 });
    }
  });
}

async function signInAsOperator(stack: Stack, admin: postgres.Sql): Promise<Session> {
  const supabase = createClient(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const signedUp = await supabase.auth.signUp(ACCOUNT);
  if (signedUp.error) throw signedUp.error;
  await admin`select pipeline_internal.set_console_role(${ACCOUNT.email}, 'operator')`;
  const { data, error } = await supabase.auth.signInWithPassword(ACCOUNT);
  if (error) throw error;
  return data.session;
}

/** Opens a screen in a window without a cache. @returns milliseconds until nothing of it loads any more */
async function openScreen(browser: Browser, url: string, session: Session): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  try {
    await context.addInitScript((session) => {
      if (location.protocol !== "about:") localStorage.setItem("document-console", session);
    }, JSON.stringify(session));
    const page = await context.newPage();
    const begunAt = now();
    await page.goto(url, { waitUntil: "commit" });
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.locator("#content :is(.panel, table, .empty, dl)").first().waitFor();
    while (await page.locator("#content .loading").count() > 0) await page.waitForTimeout(10);
    const time = now() - begunAt;
    if (await page.locator("[role=alert] .notice").count() > 0) {
      throw new Error(`${url} shows an error: ${await page.locator("#content").innerText()}`);
    }
    return time;
  } finally {
    await context.close();
  }
}
