import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import { refuseOptionsThatNpmKept } from "../../dev/terminal/npm_options.ts";
import { runCommand } from "../../dev/terminal/run_command.ts";
import { connect } from "../project/database.ts";
import { changeProject } from "./change_project.ts";
import { COMMANDS, createProjectCommand } from "./commands.ts";
import { readRelease } from "./pipeline_release.ts";
import { print } from "../../dev/terminal/print.ts";

/** `npm run init`, `npm run upgrade` and `npm run remove`, which is the first argument. */
async function main(): Promise<number> {
  const [name, ...args] = Deno.args;
  const command = COMMANDS.find((each) => each === name);
  if (!command) throw new Error(`no such command: ${name}`);
  refuseOptionsThatNpmKept(`npm run ${command}`, ["dry-run"], Deno.env.toObject());
  let exitCode = 0;
  await createProjectCommand(command, async (path, options) => {
    const sql = options.databaseUrl ? connect(databaseUrl(options.databaseUrl)) : undefined;
    try {
      exitCode = await changeProject({
        command,
        path,
        options,
        release: await readRelease(REPOSITORY),
        repository: REPOSITORY,
        // npm starts its scripts in the project's folder, and passes the caller's folder.
        cwd: Deno.env.get("INIT_CWD") ?? Deno.cwd(),
        sql,
        print: print,
      });
    } finally {
      await sql?.end({ timeout: 5 });
    }
  }).parseAsync(args, { from: "user" });
  return exitCode;
}

/** @throws {ErrorWithRemedy} if it is no address of a database */
function databaseUrl(text: string): string {
  if (/^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new ErrorWithRemedy(
    "--database-url is no address of a database.",
    "It begins with postgresql://, as the dashboard shows it under Connect.",
  );
}

Deno.exit(await runCommand(main));
