/** A command ended with a status other than 0. */
export class CommandError extends Error {
  override name = "CommandError";

  constructor(readonly command: string, readonly output: string) {
    super(`${command} failed: ${output || "no output"}`);
  }
}

/**
 * Runs a command to its end and returns its standard output.
 * @throws {CommandError} with its output, if its status is not 0
 * @throws {Deno.errors.NotFound} if the command does not exist
 */
export async function run(
  command: string,
  args: string[],
  { env, ...options }: Pick<Deno.CommandOptions, "cwd" | "env" | "clearEnv"> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    ...options,
    // In English, as callers that parse the output expect.
    env: { LC_ALL: "C", ...env },
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  const printed = text.decode(stdout);
  if (success) return printed;
  throw new CommandError(
    command,
    `${text.decode(stderr)}\n${printed}`.trim(),
  );
}

/** Whether the machine has this command. */
export async function hasCommand(command: string): Promise<boolean> {
  const found = await new Deno.Command("sh", {
    args: ["-c", 'command -v "$1" >/dev/null', "sh", command],
    stdin: "null",
  }).output();
  return found.success;
}
