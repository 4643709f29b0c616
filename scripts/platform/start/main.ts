import { UsageError } from "../../dev/error_with_remedy.ts";
import { openScreen } from "../../dev/terminal/screen.ts";
import { readArguments } from "./arguments.ts";
import { reportFailure } from "./report.ts";
import { start } from "./start.ts";

/**
 * `npm start`: starts the stack, takes one document from upload to an answer, and runs until it is interrupted.
 * @returns the exit code
 */
async function main(args: string[]): Promise<number> {
  const screen = openScreen(Deno.stdout, console.log);
  const faults = openScreen(Deno.stderr, console.error);
  try {
    const options = readArguments(args, Deno.env.toObject());
    if ("help" in options) {
      console.log(options.help.trimEnd());
      return 0;
    }
    return await start(options, screen, faults);
  } catch (error) {
    reportFailure(error, faults);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
