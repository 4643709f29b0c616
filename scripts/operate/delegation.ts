import { resolve } from "node:path";
import type { Command } from "commander";

const DOCTOR = resolve(import.meta.dirname!, "../doctor.ts");

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
      const { code } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          DOCTOR,
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
