import { runCommand } from "../../dev/terminal/run_command.ts";
import { changeCommand } from "../deploy/change_command.ts";
import { rollBack, type RollbackOptions } from "./rollback.ts";

/** `npm run rollback`: deploys the functions of a tagged version; the database and its data stay. */
async function main(): Promise<number> {
  const options = changeCommand(
    "rollback",
    "Rolls a project's functions back to an earlier version. The database stays.",
    {
      dryRun: "checks whether it is possible, without changes",
      watch: "watches the live release, and rolls back only if it exceeds a threshold",
    },
  )
    .requiredOption("--to <version>", "a tagged version, such as 0.1.0")
    .parse(Deno.args, { from: "user" }).opts<RollbackOptions>();
  return await rollBack(options);
}

Deno.exit(await runCommand(main));
