import { type Browser, chromium } from "playwright-core";
import type { Chromium } from "./chromium.ts";

const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
export function launchBrowser({ executable, env }: Chromium): Promise<Browser> {
  return chromium.launch({
    executablePath: executable,
    // Chromium's sandbox refuses root.
    args: [...FLAGS, ...Deno.uid() === 0 ? ["--no-sandbox"] : []],
    env: { ...Deno.env.toObject(), ...env },
    // The process that starts the tests stops them.
    handleSIGINT: false,
  });
}
