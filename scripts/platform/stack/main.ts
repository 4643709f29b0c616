import pc from "picocolors";
import { ErrorWithRemedy, UsageError } from "../../dev/error_with_remedy.ts";
import { INTERRUPTED, Interruption } from "../../dev/terminal/interruption.ts";
import { readArguments } from "./arguments.ts";
import { removeState } from "./remove_state.ts";
import { runStack } from "./run_stack.ts";
import { printTrace } from "../../dev/terminal/print.ts";
import { visible } from "../../dev/terminal/visible.ts";

/**
 * `npm run stack`: runs the stack and the providers' simulators until it is interrupted.
 * @returns the exit code
 */
async function main(args: string[]): Promise<number> {
  using interruption = new Interruption(() => console.log("\nStopping. Ctrl-C once more to stop at once."));
  try {
    const options = readArguments(args);
    if (options.remove) {
      await removeState(options.stateDir);
      console.log(
        `Removed: the database, files and logs of ${options.stateDir}.`,
      );
    } else await runStack(options, interruption);
    return 0;
  } catch (error) {
    if (interruption.signal.aborted) return INTERRUPTED;
    report(error);
    return error instanceof UsageError ? 2 : 1;
  }
}

function report(error: unknown): void {
  if (!(error instanceof ErrorWithRemedy)) {
    printTrace(error);
    return;
  }
  console.error(`\n${pc.red(visible(error.message))}\n${visible(error.remedy)}`);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
