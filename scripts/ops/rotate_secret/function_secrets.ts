import { CommandError, run } from "../../dev/command.ts";
import { SUPABASE_PROGRAM, SUPABASE_PROGRAM_ENVIRONMENT } from "../../platform/cli/supabase_program.ts";
import { RotationError } from "./rotate.ts";
import { REPOSITORY } from "../../dev/repository.ts";

export interface Project {
  /** The project's reference: twenty letters. */
  ref: string;
  /** A profile of the CLI, for another Management API than Supabase's. */
  profile?: string;
  /** For the Management API; by default the CLI's own login. */
  accessToken?: string;
}

/**
 * Runs the Supabase CLI on a project.
 * @throws {CommandError} with the CLI's message
 */
export async function runSupabase(
  { ref, profile, accessToken }: Project,
  args: string[],
): Promise<void> {
  await run(
    SUPABASE_PROGRAM,
    [
      ...args,
      "--project-ref",
      ref,
      ...profile ? ["--profile", profile] : [],
    ],
    {
      cwd: REPOSITORY,
      env: {
        ...SUPABASE_PROGRAM_ENVIRONMENT,
        ...accessToken ? { SUPABASE_ACCESS_TOKEN: accessToken } : {},
      },
    },
  );
}

/**
 * Sets a secret of the project's functions. The value is passed in a file that only this user can read, because process
 * lists show arguments.
 * @throws {RotationError} with the CLI's message
 */
export async function setFunctionSecret(
  project: Project,
  name: string,
  value: string,
): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".env" });
  try {
    await Deno.writeTextFile(file, `${name}=${value}\n`, { mode: 0o600 });
    await runSupabase(project, ["secrets", "set", "--env-file", file]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new RotationError(
      `supabase secrets set failed: ${error.output}`,
      "Log in with npx supabase login, or set SUPABASE_ACCESS_TOKEN, and check --project-ref.",
      { cause: error },
    );
  } finally {
    await Deno.remove(file);
  }
}
