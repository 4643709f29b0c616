import { resolve } from "node:path";
import type { Command } from "commander";
import { isPrivateHost } from "../../../supabase/functions/_providers/private_hosts.ts";
import type { CommonOptions } from "./program.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";

const DOCTOR = resolve(import.meta.dirname!, "../doctor/main.ts");

/** @throws {UsageError} if the URL is not on this machine: a hosted project is named instead */
function localPort(url: string): string {
  const { hostname, port } = new URL(url);
  if (isPrivateHost(hostname) && port) return port;
  throw new UsageError(
    `Unknown environment: ${url}.`,
    "Name a hosted project with --project, as in supabase/environments.toml.",
  );
}

/**
 * Makes `npm run doctor` available as a subcommand, with all its options.
 * @param end receives the exit code of the command
 */
export function addDoctor(
  program: Command,
  end: (exitCode: number) => void,
): void {
  program.command("doctor")
    .description(
      "checks every requirement of a running pipeline; same as npm run doctor",
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
          // Otherwise commander would read it as the program's own option.
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
