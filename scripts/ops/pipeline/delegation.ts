import { resolve } from "node:path";
import type { Command } from "commander";
import { isPrivateHost } from "../../../supabase/functions/_providers/private_hosts.ts";
import type { CommonOptions } from "./program.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";

const DOCTOR = resolve(import.meta.dirname!, "../doctor/main.ts");

/** @throws {UsageError} if the address is not of this machine: a hosted project is looked at by its name */
function localPort(url: string): string {
  const { hostname, port } = new URL(url);
  if (isPrivateHost(hostname) && port) return port;
  throw new UsageError(
    `Nobody says which environment ${url} is.`,
    "A hosted project is named with --project, as supabase/environments.toml has it.",
  );
}

/**
 * `npm run doctor` can also be reached from here, with all that it takes.
 * @param end told the exit code of the command that ran
 */
export function addDoctor(
  program: Command,
  end: (exitCode: number) => void,
): void {
  program.command("doctor")
    .description(
      "look at every requirement of a running pipeline; as npm run doctor, with the same options",
    )
    .argument("[options...]")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[]) => {
      const { json, url } = program.opts<CommonOptions>();
      const { code } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          DOCTOR,
          ...args,
          // Taken for the program's own.
          ...json ? ["--json"] : [],
          ...url && !args.includes("--project")
            ? ["--port", localPort(url)]
            : [],
        ],
        stdin: "inherit",
        stdout: "inherit",
        stderr: "inherit",
      }).spawn().status;
      end(code);
    });
}
