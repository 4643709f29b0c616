import { Command } from "commander";
import { REPOSITORY } from "../repository.ts";
import { check } from "./check.ts";

/**
 * `npm run check`: what can be said of a change in seconds, without a database.
 */
async function main(): Promise<number> {
  new Command("npm run check --")
    .description("Checks format, lint, types and released migrations, in seconds.")
    .parse(Deno.args, { from: "user" });
  let failed = false;
  for await (const { name, seconds, findings } of check(REPOSITORY)) {
    if (findings) {
      failed = true;
      console.error(findings);
    }
    const outcome = findings ? "failed" : "passed";
    console.log(`${name} ${outcome} in ${seconds.toFixed(1)} s`);
  }
  return failed ? 1 : 0;
}

Deno.exit(await main());
