import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";
import { Interruption } from "../../../dev/terminal/interruption.ts";
import { withTestStack } from "../../../platform/test_stack/test_stack.ts";
import { findChromium } from "../browser/chromium.ts";
import type { Tally } from "../checks.ts";
import { runVitest } from "../vitest.ts";
import { serveConsole } from "./serve_console.ts";

/** Builds the console, serves it against a new stack, and drives it in Chromium. Patterns choose test files. */
export async function checkConsole(patterns: string[]): Promise<Tally> {
  using interruption = new Interruption(() => console.log("Stopping."));
  const { signal } = interruption;
  const chromium = await findChromium(console.log).catch((error) => {
    if (error instanceof ErrorWithRemedy) return error;
    throw error;
  });
  if (chromium instanceof ErrorWithRemedy) {
    return { passed: 0, skipped: 0, failures: [`${chromium.message} ${chromium.remedy}`] };
  }
  return await withTestStack(async (stack) => {
    await using served = await serveConsole(stack, signal);
    return await runVitest("console", {
      patterns,
      stacks: [stack],
      variables: { CONSOLE_URL: JSON.stringify(served.url), CHROMIUM: JSON.stringify(chromium) },
      signal,
    });
  });
}
