import { join } from "node:path";
import type { CheckOptions } from "./checks.ts";
import { type Summary, summaryOf } from "./summary.ts";

/** The result of a check in its own process, and its output. */
export type Beside = Summary & { output: Uint8Array<ArrayBuffer> };

/** Runs a check in its own process, which ends with this one. */
export async function runBeside(
  check: string,
  { patterns, quick }: CheckOptions,
): Promise<Beside> {
  const folder = await Deno.makeTempDir();
  const summary = join(folder, "summary.json");
  try {
    const { code, stdout } = await new Deno.Command("setpriv", {
      args: [
        ...["--pdeathsig", "TERM", "sh", "-c", 'exec "$@" 2>&1', "sh"],
        ...[Deno.execPath(), "run", "-A", `${import.meta.dirname}/main.ts`],
        ...[check, ...patterns, "--summary", summary],
        ...quick ? ["--quick"] : [],
      ],
      stdin: "null",
      stderr: "null",
    }).output();
    const text = await Deno.readTextFile(summary).catch(() => null);
    const outcome: Summary = text === null
      ? summaryOf(check, {
        passed: 0,
        skipped: 0,
        failures: [`it ended with ${code} and reported no tests`],
      }, 0)
      : JSON.parse(text);
    return { ...outcome, output: stdout };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
