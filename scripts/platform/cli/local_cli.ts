import { networkEnvironment } from "../../dev/network_environment.ts";
import { SUPABASE_PROGRAM, SUPABASE_PROGRAM_ENVIRONMENT } from "./supabase_program.ts";
import { ErrorWithRemedy } from "../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../dev/repository.ts";

export interface CliOutcome {
  success: boolean;
  stdout: string;
  stderr: string;
}

/**
 * Runs the Supabase CLI on a database of this machine, with a temporary home and without the shell's variables for
 * other projects and databases (the CLI reads options from `SUPABASE_…` and `PG…`).
 * @throws {ErrorWithRemedy} if the CLI is not installed
 */
export async function runLocalCli(
  databaseUrl: string,
  { args, directory = REPOSITORY }: { args: string[]; directory?: string },
): Promise<CliOutcome> {
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password);
  // Every user of the machine can read the arguments.
  url.password = "";
  url.searchParams.set("sslmode", "disable");
  const home = await Deno.makeTempDir({ prefix: "supabase-cli-" });
  try {
    const { success, stdout, stderr } = await new Deno.Command(
      SUPABASE_PROGRAM,
      {
        args: [...args, "--db-url", url.href, "--workdir", directory],
        cwd: directory,
        clearEnv: true,
        env: {
          ...networkEnvironment(),
          PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
          HOME: home,
          PGPASSWORD: password,
          ...SUPABASE_PROGRAM_ENVIRONMENT,
        },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      },
    ).output();
    const text = new TextDecoder();
    return {
      success,
      stdout: text.decode(stdout),
      stderr: text.decode(stderr),
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ErrorWithRemedy(
      "The Supabase CLI is not installed.",
      "Run `npm ci` (without leaving out development dependencies).",
      { cause: error },
    );
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
