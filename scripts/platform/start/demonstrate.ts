import { type DemoDocument, runDemo } from "../../dev/demo/demo.ts";
import { INTERRUPTED } from "../../dev/terminal/interruption.ts";
import type { Screen } from "../../dev/terminal/screen.ts";
import type { LocalStack } from "../stack/running_stack.ts";
import { type DemonstrationOptions, reportFailure, showNextSteps } from "./report.ts";

/**
 * Runs the demo. Its failure is shown and leaves the stack running.
 * @returns the exit code
 */
export async function demonstrate(
  stack: Pick<LocalStack, "url" | "publishableKey">,
  file: DemoDocument,
  options: DemonstrationOptions,
  screen: Screen,
  faults: Screen,
  signal: AbortSignal,
): Promise<number> {
  try {
    const result = await runDemo({
      url: stack.url,
      publishableKey: stack.publishableKey,
      file,
      question: options.question,
      out: screen,
      signal,
    });
    if (!options.once) showNextSteps(stack, result, options, screen);
    return 0;
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    reportFailure(error, faults);
    if (options.staysUp) {
      screen.blank();
      screen.text("The stack stays up for a closer look. Ctrl-C stops it.");
    }
    return 1;
  }
}
