import { type Command, InvalidArgumentError } from "commander";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { projectCommand, type ProjectOptions } from "../project/operator.ts";
import { LOOK_EVERY_MS } from "./watch.ts";

/** What the commands that change a project are told besides. */
export interface ChangeOptions extends ProjectOptions {
  dryRun?: boolean;
  yes?: boolean;
  /** Minutes. */
  watch?: number;
  /** From one look of the watch to the next, in seconds. */
  lookEvery: number;
}

/** The same for a command that changes the project. @param about what the two options mean to it */
export function changeCommand(
  name: string,
  description: string,
  about: { dryRun: string; watch: string },
): Command {
  return projectCommand(name, description)
    .requiredOption(
      "--project <name>",
      "an environment of supabase/environments.toml, or its project's reference",
    )
    .option("--dry-run", about.dryRun)
    .option("--yes", "do not ask before changing the project")
    .option("--watch <minutes>", about.watch, numberOf("minutes"))
    .option(
      "--look-every <seconds>",
      "how long the watch waits from one look to the next",
      numberOf("seconds"),
      LOOK_EVERY_MS / 1000,
    );
}

/**
 * Refuses a command that would have to ask where nobody can answer, before it does anything.
 * @throws {ErrorWithRemedy} if the command line does not answer for its operator
 */
export function mustBeAnswerable({ dryRun, yes }: ChangeOptions): void {
  if (dryRun || yes || Deno.stdin.isTerminal()) return;
  throw new ErrorWithRemedy(
    "Nobody is there to confirm the plan.",
    "Say --yes to go ahead without asking, or --dry-run to see the plan alone.",
  );
}

/** Asks before a project is changed. @throws {ErrorWithRemedy} if the answer is no */
export function confirm(question: string, yes: boolean): void {
  if (yes) return;
  if (globalThis.confirm(question)) return;
  throw new ErrorWithRemedy("Nothing was changed.", "Run it again when ready.");
}

/** Reads an option's value. @throws {InvalidArgumentError} before anything is done */
function numberOf(unit: string) {
  return (text: string): number => {
    const number = Number(text);
    if (number > 0) return number;
    throw new InvalidArgumentError(`It must be a number of ${unit}.`);
  };
}
