import { Command } from "commander";
import { buildFunctions, describeSizes } from "./build_functions.ts";
import { REPOSITORY } from "../repository.ts";
import { runCommand } from "../terminal/run_command.ts";

/** `npm run build`: writes the files that `supabase functions deploy` uploads; `npm ci` runs it too. */
async function main(): Promise<number> {
  new Command("npm run build --")
    .description("Builds what supabase functions deploy sends: each function as one file.")
    .exitOverride()
    .parse(Deno.args, { from: "user" });
  const sizes = await buildFunctions(REPOSITORY);
  console.log(`The functions are built: ${describeSizes(sizes)}.`);
  return 0;
}

Deno.exit(await runCommand(main));
