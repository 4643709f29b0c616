import type { Command } from "commander";
import { isPrivateHost } from "../../../supabase/functions/_providers/private_hosts.ts";
import { UsageError } from "../../dev/error_with_remedy.ts";
import { REPOSITORY } from "../../dev/repository.ts";
import type { CommonOptions } from "./program.ts";

/** Commands that are npm scripts, too, and run as processes of their own: what they need is loaded for them alone. */
export const DELEGATED: Record<string, string> = {
  doctor: "check every requirement of a running pipeline",
  deploy: "deploy to a hosted project",
  rollback: "deploy an earlier version's functions to a hosted project",
  rehearse: "deploy, upgrade and roll back on this machine",
  drill: "inject faults and check that alerts fire and resolve",
};

/**
 * Adds the commands that `npm run <name>` runs as well, with the same options.
 * @param end receives the exit code of the command that ran
 */
export function addDelegatedCommands(
  program: Command,
  end: (exitCode: number) => void,
): void {
  for (const [name, about] of Object.entries(DELEGATED)) {
    program.command(name)
      .description(`${about}; as npm run ${name}, with the same options`)
      .argument("[options...]")
      .allowUnknownOption()
      .helpOption(false)
      .action(async (args: string[]) => {
        const common = name === "doctor" ? doctorOptions(args, program.opts<CommonOptions>()) : [];
        const script = `${REPOSITORY}/scripts/ops/${name}/main.ts`;
        const { code } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", script, ...args, ...common],
          stdin: "inherit",
          stdout: "inherit",
          stderr: "inherit",
        }).spawn().status;
        end(code);
      });
  }
}

/** The doctor's options that the program has parsed as its own. */
function doctorOptions(
  args: string[],
  { json, url }: CommonOptions,
): string[] {
  return [
    ...json ? ["--json"] : [],
    ...url && !args.includes("--project") ? ["--port", localPort(url)] : [],
  ];
}

/** @throws {UsageError} if the URL is not on this machine: a hosted project is named instead */
function localPort(url: string): string {
  const { hostname, port } = new URL(url);
  if (isPrivateHost(hostname) && port) return port;
  throw new UsageError(
    `Unknown environment: ${url}`,
    "Name a hosted project with --project, as in supabase/environments.toml.",
  );
}
