import { type Command, InvalidArgumentError } from "commander";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { projectCommand, type ProjectOptions } from "../project/operator.ts";
import { LOOK_EVERY_MS, THRESHOLDS } from "./watch.ts";

/** Options of the commands that change a project. */
export interface ChangeOptions extends ProjectOptions {
  dryRun?: boolean;
  yes?: boolean;
  /** Minutes. */
  watch?: number;
  /** The interval of the watch, in seconds. */
  lookEvery: number;
}

/** Adds the options of a command that changes the project. @param about the meaning of two of them for it */
export function changeCommand(
  name: string,
  description: string,
  about: { dryRun: string; watch: string },
): Command {
  return projectCommand(name, description)
    .requiredOption(
      "--project <name>",
      "an environment of supabase/environments.toml, or its project reference",
    )
    .option("--dry-run", about.dryRun)
    .option("--yes", "changes the project without asking")
    .option("--watch <minutes>", about.watch, numberOf("minutes"))
    .option(
      "--look-every <seconds>",
      "interval of the watch",
      numberOf("seconds"),
      LOOK_EVERY_MS / 1000,
    )
    .addHelpText("after", describeWatch());
}

function describeWatch(): string {
  const { looks, errorShare, fewestJobs, latencySeconds } = THRESHOLDS;
  return `
--watch finds that a release should go back when, at ${looks} looks in a row,
- more than ${
    errorShare * 100
  } % of the documents that ended since the watch began have failed (of at least ${fewestJobs}), or
- due work waits for more than ${latencySeconds} s, or
- the API, the database, Storage or a provider is down. What cannot be asked is down.`;
}

/**
 * Refuses a command that would have to ask without a terminal, before it does anything.
 * @throws {ErrorWithRemedy} if the command line does not answer for its operator
 */
export function mustBeAnswerable({ dryRun, yes }: ChangeOptions): void {
  if (dryRun || yes || Deno.stdin.isTerminal()) return;
  throw new ErrorWithRemedy(
    "The plan cannot be confirmed without a terminal.",
    "Use --yes to continue without asking, or --dry-run to see the plan only.",
  );
}

/** Asks before a project is changed. @throws {ErrorWithRemedy} if the answer is no */
export function confirm(question: string, yes: boolean): void {
  if (yes) return;
  if (globalThis.confirm(question)) return;
  throw new ErrorWithRemedy(
    "Nothing was changed.",
    "Run the command again when ready.",
  );
}

/** Reads an option's value. @throws {InvalidArgumentError} before anything is done */
function numberOf(unit: string) {
  return (text: string): number => {
    const number = Number(text);
    if (number > 0) return number;
    throw new InvalidArgumentError(`Use a number of ${unit}.`);
  };
}
