import { resolve } from "node:path";
import type { Command } from "commander";

const REPOSITORY = resolve(import.meta.dirname!, "../..");

/** Commands of their own that can also be reached from here, with all that they take. */
const DELEGATES = {
  "rotate-secret": {
    script: "scripts/rotate_secret/main.ts",
    about: "replace a secret of the functions without a gap",
  },
  doctor: {
    script: "scripts/doctor.ts",
    about: "look at every requirement of a running pipeline",
  },
};

/** @param end told the exit code of the command that ran */
export function addDelegates(
  program: Command,
  end: (exitCode: number) => void,
): void {
  for (const [name, { script, about }] of Object.entries(DELEGATES)) {
    program.command(name)
      .description(`${about}; as npm run ${name}, with the same options`)
      .argument("[options...]")
      .allowUnknownOption()
      .helpOption(false)
      .action(async (args: string[]) => {
        const { code } = await new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "-A",
            `${REPOSITORY}/${script}`,
            ...args,
            // Taken for the program's own.
            ...program.opts().json ? ["--json"] : [],
          ],
          stdin: "inherit",
          stdout: "inherit",
          stderr: "inherit",
        }).spawn().status;
        end(code);
      });
  }
}
