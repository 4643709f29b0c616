import { withChapter } from "./benchmarks_file.ts";
import type { Environment } from "./machine.ts";
import { printReport, type Report } from "./report.ts";

const BENCHMARKS = `${import.meta.dirname}/../../../BENCHMARKS.md`;

/** The options that all benchmarks have; `only` is the engine's. */
export interface Options {
  json?: boolean;
  write?: boolean;
  quick?: boolean;
  rounds?: number;
  only?: string;
}

/**
 * Prints the numbers, and with --write stores them in BENCHMARKS.md.
 * @param chapter `command` repeats the measurement; by default it is the chapter's name with the common options
 */
export async function deliver(
  result: { environment: Environment },
  chapter: Omit<Report, "command" | "environment"> & { command?: string },
  options: Options,
): Promise<void> {
  const report = { command: commandOf(chapter.name, options), ...chapter, environment: result.environment };
  if (options.json) console.log(JSON.stringify(result, null, 2));
  else printReport(report);
  if (!options.write) return;
  const existing = await Deno.readTextFile(BENCHMARKS).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  await Deno.writeTextFile(BENCHMARKS, withChapter(existing, report));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", BENCHMARKS] })
    .output();
  console.error("BENCHMARKS.md is updated.");
}

function commandOf(name: string, { rounds, quick, only }: Options): string {
  return [
    `npm run bench -- ${name}`,
    rounds !== undefined && `--rounds ${rounds}`,
    quick && "--quick",
    only && `--only "${only}"`,
    "--write",
  ].filter(Boolean).join(" ");
}
