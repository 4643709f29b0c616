import { Command } from "commander";
import { REPOSITORY } from "../repository.ts";

/**
 * `npm run fmt`: formats every file of the project, or those that are named.
 */
const { args } = new Command("npm run fmt --")
  .description("Formats every file, or those that are named.")
  .argument("[files...]")
  .option("--check", "changes nothing; exit code 1 if a file is not formatted")
  .parse(Deno.args, { from: "user" });
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["fmt", ...Deno.args.filter((arg) => arg === "--check"), ...args],
  cwd: REPOSITORY,
  stdin: "null",
  stdout: "inherit",
  stderr: "inherit",
}).output();
Deno.exit(code);
