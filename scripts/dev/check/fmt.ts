import { REPOSITORY } from "../repository.ts";

/**
 * `npm run fmt`: formats every file of the project, or those that are named.
 */
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["fmt", ...Deno.args],
  cwd: REPOSITORY,
  stdin: "null",
  stdout: "inherit",
  stderr: "inherit",
}).output();
Deno.exit(code);
