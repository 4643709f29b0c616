import { buildConsole } from "../../../dev/build/console.ts";
import { REPOSITORY } from "../../../dev/repository.ts";
import { Interruption } from "../../../dev/terminal/interruption.ts";
import { withTestStack } from "../../../platform/test_stack/test_stack.ts";
import { withChromium } from "../browser/with_chromium.ts";
import type { Tally } from "../checks.ts";
import { runVitest } from "../vitest.ts";

/** Builds the console, and drives it in Chromium as a new stack serves it. Patterns choose test files. */
export async function checkConsole(patterns: string[]): Promise<Tally> {
  using interruption = new Interruption(() => console.log("Stopping."));
  return await withChromium(async (chromium) => {
    await buildConsole(REPOSITORY);
    return await withTestStack((stack) =>
      runVitest("console", {
        patterns,
        stacks: [stack],
        variables: { CONSOLE_URL: JSON.stringify(`${stack.url}/`), CHROMIUM: JSON.stringify(chromium) },
        signal: interruption.signal,
      })
    );
  });
}
