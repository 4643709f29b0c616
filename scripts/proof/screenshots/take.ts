import type { Browser, BrowserContext, Page } from "playwright-core";
import { buildConsole } from "../../dev/build/console.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import { withTestStack } from "../../platform/test_stack/test_stack.ts";
import { findChromium } from "../test/browser/chromium.ts";
import { launchBrowser } from "../test/browser/launch_browser.ts";
import { type Filled, fillStack } from "./fill.ts";
import { type Shot, SHOTS } from "./shots.ts";

interface Task {
  /** Only these; all if there are none. */
  screens: string[];
  out: string;
  format: "webp" | "png";
  signal: AbortSignal;
  onProgress(step: string): void;
}

/** The ways in which each screen is shown. */
const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 860 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 860 } },
  narrow: { colorScheme: "light", viewport: { width: 360, height: 740 } },
} as const;
const API = /\/(rest|functions)\/v1\//;
const TIMEOUT_MS = 20_000;
/** After the last answer: plots are drawn, and bars have moved. */
const SETTLE_MS = 400;

export async function takeScreenshots({ screens, out, format, signal, onProgress }: Task): Promise<void> {
  const unknown = screens.filter((name) => !SHOTS.some((shot) => shot.name === name));
  if (unknown.length > 0) {
    throw new Error(`No such screen: ${unknown.join(", ")}. There are ${SHOTS.map(({ name }) => name).join(", ")}.`);
  }
  const shots = screens.length > 0 ? SHOTS.filter(({ name }) => screens.includes(name)) : SHOTS;
  const chromium = await findChromium(onProgress);
  await Deno.mkdir(out, { recursive: true });
  await buildConsole(REPOSITORY);
  await withTestStack(async (stack) => {
    onProgress("Filling the stack");
    const filled = await fillStack(stack, signal);
    const browser = await launchBrowser(chromium);
    try {
      for (const shot of shots) {
        for (const [look, options] of Object.entries(LOOKS)) {
          signal.throwIfAborted();
          const picture = await take(browser, `${stack.url}/`, shot, filled, options);
          const path = `${out}/${shot.name}-${look}.${format}`;
          await Deno.writeFile(path, format === "png" ? picture : await toWebp(browser, picture));
        }
        onProgress(shot.name);
      }
    } finally {
      await browser.close();
    }
  });
}

async function take(
  browser: Browser,
  url: string,
  shot: Shot,
  filled: Filled,
  options: (typeof LOOKS)[keyof typeof LOOKS],
): Promise<Uint8Array> {
  const context = await browser.newContext({ ...options, locale: "en-GB", reducedMotion: "reduce" });
  try {
    context.setDefaultTimeout(TIMEOUT_MS);
    if (shot.as !== "none") await signIn(context, JSON.stringify(filled.sessions[shot.as]));
    if (shot.network) {
      await context.route(API, (route) => shot.network === "fails" ? route.abort("connectionfailed") : undefined);
    }
    const page = await context.newPage();
    const at = typeof shot.at === "string" ? shot.at : shot.at(filled);
    await page.goto(`${url}#${at}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await shot.prepare?.(page, filled);
    if (shot.network !== "waits") await page.locator(".loading").first().waitFor({ state: "detached" });
    await page.waitForTimeout(SETTLE_MS);
    return await page.screenshot({ animations: "disabled" });
  } finally {
    await context.close();
  }
}

async function signIn(context: BrowserContext, session: string): Promise<void> {
  await context.addInitScript((session) => {
    if (location.protocol !== "about:") localStorage.setItem("document-console", session);
  }, session);
}

/** What browsers have and Deno does not. */
interface BrowserGlobals {
  document: { createElement(name: "canvas"): Canvas };
}
interface Canvas {
  width: number;
  height: number;
  getContext(kind: "2d"): { drawImage(image: ImageBitmap, x: number, y: number): void };
  toDataURL(type: string, quality: number): string;
}

/** The same picture in a fifth of the bytes. */
async function toWebp(browser: Browser, png: Uint8Array): Promise<Uint8Array> {
  const page: Page = await browser.newPage();
  try {
    const url = await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const canvas = (globalThis as unknown as BrowserGlobals).document.createElement("canvas");
      canvas.width = image.width;
      canvas.height = image.height;
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", 0.85);
    }, png.toBase64());
    return Uint8Array.fromBase64(url.slice(url.indexOf(",") + 1));
  } finally {
    await page.close();
  }
}
