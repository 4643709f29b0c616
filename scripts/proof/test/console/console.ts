import { buildConsole } from "../../../dev/build/console.ts";
import { ErrorWithRemedy } from "../../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../../dev/repository.ts";
import { Interruption } from "../../../dev/terminal/interruption.ts";
import { withTestStack } from "../../../platform/test_stack/test_stack.ts";
import { findChromium } from "../browser/chromium.ts";
import type { Tally } from "../checks.ts";
import { runVitest } from "../vitest.ts";

/** Builds the console, and drives it in Chromium as a new stack serves it. Patterns choose test files. */
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
  await buildConsole(REPOSITORY);
  return await withTestStack(async (stack) => {
    return await runVitest("console", {
      patterns,
      stacks: [stack],
      variables: { CONSOLE_URL: JSON.stringify(`${stack.url}/`), CHROMIUM: JSON.stringify(chromium) },
      signal,
    });
  });
}
