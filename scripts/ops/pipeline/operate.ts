import { CommanderError } from "commander";
import { Interruption } from "../../dev/terminal/interruption.ts";
import type { Screen } from "../../dev/terminal/screen.ts";
import { visibleJson } from "../../dev/terminal/visible.ts";
import { explain } from "./failures.ts";
import { type CommonOptions, createProgram, EXIT_CODES } from "./program.ts";
import { type Board, Report, showFailure } from "./report.ts";
import type { Perform } from "./session.ts";
import { Target } from "./target.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";

/** The process around a command line. */
export interface Environment {
  /** Standard output, one line at a time. */
  write(line: string): void;
  writeError(line: string): void;
  /** Formats lines for standard output and for standard error. */
  screen: Screen;
  faults: Screen;
  /** A terminal whose lines can be overwritten. */
  board?: Board;
  directory: string;
}

/**
 * Parses and runs a command line of `npm run pipeline`.
 * @returns the exit code
 */
export async function operate(
  args: string[],
  environment: Environment,
): Promise<number> {
  const { write, writeError, screen, faults, board, directory } = environment;
  let exitCode: number = EXIT_CODES.done;
  // Parsing errors are printed in the requested format, even before the options are parsed.
  let json = args.includes("--json");

  const perform: Perform = (work) => async (...commandArgs) => {
    const options = program.opts<CommonOptions>();
    json = options.json ?? false;
    using interruption = new Interruption(() => {});
    await using target = new Target(options);
    const report = new Report({ json, screen, write, board });
    const { signal } = interruption;
    const interrupted = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
    try {
      await Promise.race([
        work({ target, report, signal, directory }, ...commandArgs),
        interrupted,
      ]);
    } catch (error) {
      if (error !== signal.reason) throw error;
      exitCode = EXIT_CODES.interrupted;
    }
  };
  const program = createProgram(perform, (code) => exitCode = code);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => write(text.trimEnd()),
      writeErr: () => {},
    });
  }

  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return EXIT_CODES.done;
    }
    const foreseen = error instanceof CommanderError ? misunderstood(error) : error;
    const failure = explain(foreseen);
    if (!failure) throw error;
    if (json) writeError(visibleJson({ error: failure }));
    else showFailure(failure, faults);
    return foreseen instanceof UsageError ? EXIT_CODES.misunderstood : EXIT_CODES.failed;
  }
}

/** Commander's message, and where to find help. */
function misunderstood({ message }: CommanderError): UsageError {
  const sentence = message.replace(/^error: /, "");
  return new UsageError(
    sentence === "(outputHelp)" || sentence === ""
      ? "Which command?"
      : sentence.charAt(0).toUpperCase() + sentence.slice(1),
    "npm run pipeline -- --help lists the commands, and COMMAND --help what each takes.",
  );
}
