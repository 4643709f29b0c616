import pc from "picocolors";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { INTERRUPTED, Interruption } from "../../dev/terminal/interruption.ts";
import { runEvaluation } from "./program.ts";

using interruption = new Interruption(() => console.error("\nStopping. Press Ctrl-C again to stop at once."));
try {
  await runEvaluation(Deno.args, interruption.signal);
} catch (error) {
  if (interruption.signal.aborted) Deno.exit(INTERRUPTED);
  if (!(error instanceof ErrorWithRemedy)) throw error;
  console.error(`\n${pc.red(error.message)}\n${error.remedy}`);
  Deno.exitCode = 1;
}
