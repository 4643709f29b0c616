import { Argument, Command } from "commander";
import { buildFunctions, describeSizes } from "./build_functions.ts";
import { buildClient } from "./client.ts";
import { REPOSITORY } from "../repository.ts";
import { runCommand } from "../terminal/run_command.ts";

const PARTS = {
  functions: async () => {
    const sizes = await buildFunctions(REPOSITORY);
    console.log(`The functions are built: ${describeSizes(sizes)}.`);
  },
  client: async () => {
    await buildClient(REPOSITORY);
    console.log("The client is built: client/dist.");
  },
};
type Part = keyof typeof PARTS;

/**
 * `npm run build`: writes the files that `supabase functions deploy` uploads, as `npm ci` does too; or, with `client`,
 * those of the client's package.
 */
async function main(): Promise<number> {
  const program = new Command()
    .name("npm run build --")
    .description("Builds the functions, or the client's package.")
    .addArgument(new Argument("[part]", "what to build").choices(Object.keys(PARTS)).default("functions"))
    .exitOverride()
    .parse(Deno.args, { from: "user" });
  await PARTS[program.args[0] as Part ?? "functions"]();
  return 0;
}

Deno.exit(await runCommand(main));
