import { Command } from "commander";
import { runCommand } from "../../dev/terminal/run_command.ts";
import { rehearse } from "./rehearse.ts";
import { print } from "../../dev/terminal/print.ts";

/** `npm run rehearse`: exit code 0 if a deployment to a hosted project would succeed, as far as this machine can tell. */
async function main(): Promise<number> {
  new Command("npm run rehearse --")
    .description(
      "Deploys, upgrades and rolls back on this machine, as on a hosted project.",
    )
    .exitOverride()
    .parse(Deno.args, { from: "user" });
  await rehearse({ report: print });
  return 0;
}

Deno.exit(await runCommand(main));
