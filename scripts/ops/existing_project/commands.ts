import { Command, InvalidArgumentError, Option } from "commander";

/** Options of the three commands; each has some of them. */
export interface ProjectCommandOptions {
  dryRun?: boolean;
  databaseUrl?: string;
  exposeSchema?: boolean;
  projectRef?: string;
  newSecrets?: boolean;
  unapplied?: boolean;
}

export const COMMANDS = ["init", "upgrade", "remove"] as const;
export type ProjectCommandName = typeof COMMANDS[number];

const ABOUT: Record<ProjectCommandName, string> = {
  init: "Adds the pipeline to a Supabase project that exists: migrations, functions, lines of config.toml, secrets.",
  upgrade: "Brings this release's additions to a project that has the pipeline.",
  remove: "Takes the pipeline out of a project again.",
};

/** What follows each command's options in its help. */
const EXPLANATION: Record<ProjectCommandName, string> = {
  init: `
Nothing of the project is overwritten: what the pipeline would collide with is found before anything is written.
May be repeated; an interrupted command is completed by the same command.

Exit codes: 0 done, or nothing to do; 1 refused, or something was kept that differs from the release; 2 the command line
cannot be understood.`,
  upgrade: `
Files that were edited in the project are kept, and the new versions are put into supabase/document-pipeline/new. Applied
migrations never change.

Exit codes: 0 done, or nothing to do; 1 refused, or something was kept that differs from the release; 2 the command line
cannot be understood.`,
  remove: `
Removes the files that were added and not edited, and takes the lines out of config.toml. The pipeline's migrations stay,
since databases have them; a new migration drops what they made. Run supabase db push to apply it.

Exit codes: 0 done; 1 refused, or something was edited and stays; 2 the command line cannot be understood.`,
};

/** The command line of `npm run init`, `npm run upgrade` or `npm run remove`. */
export function createProjectCommand(
  name: ProjectCommandName,
  act: (path: string, options: ProjectCommandOptions) => Promise<void> = () => Promise.resolve(),
): Command {
  const command = new Command(`npm run ${name} --`)
    .description(ABOUT[name])
    .argument("<path>", "the folder that holds your project's supabase/ folder")
    .option("--dry-run", "shows what would change, and writes nothing")
    .addOption(
      new Option(
        "--database-url <url>",
        name === "remove"
          ? "a database of the project, to count what would be lost; prefer the environment variable, which other users cannot see"
          : "a database of the project, to find conflicts that no file names; prefer the environment variable, which other users cannot see",
      ).env("PROJECT_DATABASE_URL"),
    );
  if (name === "remove") {
    command.option(
      "--unapplied",
      "no database has the migrations: removes their files, too, instead of adding a migration that drops",
    );
  } else {
    command
      .option("--project-ref <ref>", "the hosted project's reference; by default the one that is linked", projectRef)
      .option(
        "--expose-schema",
        "adds upload_pipeline to [api] schemas, for clients that read with supabase-js, and pipeline_console, for the operators' console",
      )
      .option("--new-secrets", "makes new secrets where this machine lacks the project's");
  }
  return command.addHelpText("after", EXPLANATION[name]).exitOverride().action(act);
}

function projectRef(text: string): string {
  if (/^[a-z]{20}$/.test(text)) return text;
  throw new InvalidArgumentError("It has twenty lower-case letters.");
}
