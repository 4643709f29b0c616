import { CommanderError } from "commander";
import { ErrorWithRemedy } from "../error_with_remedy.ts";
import { printError, printTrace } from "./print.ts";

/**
 * Runs a command to its exit code and shows its failures as sentences. 0: done; 1: failed; 2: invalid command line; 3:
 * rolled back.
 */
export async function runCommand(main: () => Promise<number>): Promise<number> {
  try {
    return await main();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ErrorWithRemedy) printError(`\n${error.message}\n\n${error.remedy}`);
    else printTrace(error);
    return 1;
  }
}
