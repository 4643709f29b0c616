import { RotationError } from "./rotate.ts";

export interface Project {
  /** The project's reference: twenty letters. */
  ref: string;
  /** A profile of the CLI, for a Management API elsewhere than Supabase's. */
  profile?: string;
  /** For the Management API; the CLI's own login if left out. */
  accessToken?: string;
}

/**
 * Sets a secret of the project's functions with the Supabase CLI. The value goes by a file that only this user can read, so
 * that it shows in no list of processes.
 * @throws {RotationError} with the CLI's own words
 */
export async function setFunctionSecret(
  { ref, profile, accessToken }: Project,
  name: string,
  value: string,
): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".env" });
  try {
    await Deno.writeTextFile(file, `${name}=${value}\n`, { mode: 0o600 });
    const { success, stdout, stderr } = await new Deno.Command(
      "node_modules/.bin/supabase",
      {
        cwd: new URL("../..", import.meta.url),
        args: [
          "secrets",
          "set",
          "--env-file",
          file,
          "--project-ref",
          ref,
          ...profile ? ["--profile", profile] : [],
        ],
        env: accessToken ? { SUPABASE_ACCESS_TOKEN: accessToken } : {},
        stdin: "null",
      },
    ).output();
    if (!success) {
      const text = new TextDecoder();
      const words = `${text.decode(stdout)}${text.decode(stderr)}`.trim();
      throw new RotationError(`supabase secrets set failed:\n${words}`);
    }
  } finally {
    await Deno.remove(file);
  }
}
