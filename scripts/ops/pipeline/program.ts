import { Command, Option } from "commander";
import { addAccountCommands } from "./accounts.ts";
import { addBackupCommands } from "./backups.ts";
import { addDelegatedCommands } from "./delegation.ts";
import { addDocumentCommands } from "./documents.ts";
import { addInspectionCommands } from "./inspection.ts";
import { addLiveView } from "./live_view.ts";
import { addReconciliation } from "./parser_reconciliation.ts";
import { addRoleCommand } from "./roles.ts";
import { addSearchCommand } from "./search.ts";
import { addSecretCommands } from "./secrets.ts";
import type { Perform } from "./session.ts";
import type { TargetOptions } from "./target.ts";
import { readUrl } from "./values.ts";
import { addWorkCommands } from "./work.ts";

export const EXIT_CODES = {
  done: 0,
  failed: 1,
  misunderstood: 2,
  interrupted: 130,
} as const;

/** Options of every command, before or after its name. */
export interface CommonOptions extends TargetOptions {
  json?: boolean;
}

const EXPLANATION = `
Without --url and --database-url the local stack is meant (npm run stack). Commands that send, list and search act as a
user over the API; the others as the project's owner in the database.

Exit codes: 0 done; 1 it failed, or something is not as it should be; 2 the command line cannot be understood; 130
interrupted. With --json the answer is JSON, one document a line, and a failure is {"error": {code, message, remedy}} on
standard error.

Examples:
  npm run pipeline -- upload report.pdf --watch
  npm run pipeline -- why ce65772f-cdfa-50cf-aa0b-9c9b0f5a9d83
  DATABASE_URL=postgres://… npm run pipeline -- watch`;

/**
 * The command line of `npm run pipeline`.
 * @param perform turns a command's work into its action
 * @param end receives the exit code of a command that ran by itself
 */
export function createProgram(
  perform: Perform,
  end: (exitCode: number) => void,
): Command {
  const program = new Command("npm run pipeline --")
    .description("Operates a document pipeline from a terminal.")
    .addOption(
      env("--url <url>", "the project's", "SUPABASE_URL")
        .argParser(readUrl),
    )
    .addOption(
      env("--key <key>", "the publishable key", "SUPABASE_PUBLISHABLE_KEY"),
    )
    .addOption(
      env(
        "--database-url <url>",
        "the database, as role postgres; prefer the environment variable, which other users cannot see",
        "DATABASE_URL",
      ),
    )
    .addOption(
      env("--email <address>", "the user to sign in", "PIPELINE_EMAIL"),
    )
    .addOption(
      env(
        "--password <password>",
        "prefer the environment variable",
        "PIPELINE_PASSWORD",
      ),
    )
    .addOption(
      env(
        "--access-token <token>",
        "instead of signing in",
        "PIPELINE_ACCESS_TOKEN",
      ),
    )
    .addOption(
      env(
        "--secret-key <key>",
        "for backup and restore; prefer the environment variable",
        "SUPABASE_SECRET_KEY",
      ),
    )
    .addOption(
      env("--llamaparse-url <url>", "for reconcile", "LLAMAPARSE_API_URL")
        .argParser(readUrl),
    )
    .addOption(
      env(
        "--llamaparse-key <key>",
        "prefer the environment variable",
        "LLAMAPARSE_API_KEY",
      ),
    )
    .option("--json", "prints JSON")
    .addHelpText("after", EXPLANATION)
    .showSuggestionAfterError();

  for (
    const add of [
      addDocumentCommands,
      addSearchCommand,
      addLiveView,
      addInspectionCommands,
      addWorkCommands,
      addAccountCommands,
      addRoleCommand,
      addReconciliation,
      addBackupCommands,
      addSecretCommands,
    ]
  ) add(program, perform);
  addDelegatedCommands(program, end);
  // Common options may also follow a command's name, so that its help shows them.
  for (const command of program.commands) {
    command.configureHelp({ showGlobalOptions: true });
  }
  return program;
}

/** The help names secret environment variables, and never shows their values. */
function env(flags: string, about: string, variable: string): Option {
  return new Option(flags, about).env(variable);
}
