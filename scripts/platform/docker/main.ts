import { parseEnv } from "node:util";
import { buildFunctions } from "../../dev/build/build_functions.ts";
import { SupabaseCli } from "../cli/supabase_cli.ts";
import { dockerSettings, settingsFile } from "./settings.ts";
import { urlFor } from "../stack/postgres/roles.ts";
import { storeSecrets } from "../stack/vault.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import { runCommand } from "../../dev/terminal/run_command.ts";

/** The CLI reads it when it starts the functions. */
const SETTINGS_FILE = `${REPOSITORY}/supabase/functions/.env`;
/** The address at which a container reaches this machine's gateway. Postgres calls the workers there. */
const FUNCTIONS_URL = "http://host.docker.internal:54321/functions/v1";
const DATABASE_PORT = 54322;

/**
 * `npm run start:docker`: starts Supabase's own local stack in Docker, with this project's migrations and functions and
 * the settings that connect them. `npx supabase stop` ends it.
 */
async function main(): Promise<number> {
  await checkDocker();
  await buildFunctions(REPOSITORY);
  const settings = dockerSettings(Deno.env.toObject(), await readSettings());
  await Deno.writeTextFile(SETTINGS_FILE, settingsFile(settings), {
    mode: 0o600,
  });
  // Writing keeps the mode of an existing file.
  await Deno.chmod(SETTINGS_FILE, 0o600);
  console.log(
    "Starting Supabase in Docker; the first start fetches its images …",
  );
  const cli = new SupabaseCli({ directory: REPOSITORY });
  await cli.run("start");
  await cli.run("migration", "up", "--local");
  await storeSecrets(urlFor("postgres", DATABASE_PORT), {
    pipeline_functions_url: FUNCTIONS_URL,
    pipeline_worker_secret: settings.WORKER_SECRET,
  });
  console.log(await cli.run("status"));
  console.log(
    "npm run doctor -- --docker looks at every requirement; npx supabase stop ends it.",
  );
  return 0;
}

async function checkDocker(): Promise<void> {
  try {
    const { success, stderr } = await new Deno.Command("docker", {
      args: ["info", "--format", "{{.ServerVersion}}"],
      stdout: "null",
      stderr: "piped",
    }).output();
    if (success) return;
    throw new ErrorWithRemedy(
      `Docker does not answer: ${new TextDecoder().decode(stderr).trim()}`,
      "Start it, or run npm start, which needs no Docker (Debian on x64).",
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ErrorWithRemedy(
      "There is no Docker on this machine.",
      "Install it, or run npm start, which needs none (Debian on x64).",
    );
  }
}

async function readSettings(): Promise<Record<string, string>> {
  try {
    return parseEnv(await Deno.readTextFile(SETTINGS_FILE)) as Record<
      string,
      string
    >;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

Deno.exit(await runCommand(main));
