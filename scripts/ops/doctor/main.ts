import { InvalidArgumentError } from "commander";
import { runCommand } from "../../dev/terminal/run_command.ts";
import { projectCommand, type ProjectOptions } from "../project/operator.ts";
import { examinePipeline } from "./doctor.ts";
import { showFinding } from "./finding.ts";
import { dockerPipeline, hostedPipeline, localPipeline } from "./inspected_pipelines.ts";
import { print } from "../../dev/terminal/print.ts";
import { visibleJson } from "../../dev/terminal/visible.ts";

interface DoctorOptions extends Omit<ProjectOptions, "project"> {
  project?: string;
  port?: number;
  docker?: boolean;
  roundTrips?: boolean;
  json?: boolean;
}

/** `npm run doctor`: exit code 0 if every requirement is met, 1 otherwise. */
async function main(): Promise<number> {
  const options = projectCommand(
    "doctor",
    "Checks every requirement of a running pipeline. Read-only without --round-trips.",
  )
    .option(
      "--project <name>",
      "an environment of supabase/environments.toml; the local stack by default",
    )
    .option(
      "--port <number>",
      "port of the local stack; by default the one that runs in this folder",
      portOf,
    )
    .option("--docker", "the stack of `supabase start`")
    .option(
      "--round-trips",
      "also makes the database call a worker, and sends the webhook a signed callback",
    )
    .option("--json", "prints an array of findings")
    .parse(Deno.args, { from: "user" }).opts<DoctorOptions>();

  const pipeline = options.project
    ? await hostedPipeline({ ...options, project: options.project })
    : options.docker
    ? await dockerPipeline(options.source)
    : await localPipeline(options);
  const findings = await examinePipeline(pipeline, {
    roundTrips: options.roundTrips ?? false,
  });
  const faults = findings.filter(({ status }) => status === "unmet").length;
  if (options.json) {
    console.log(visibleJson(findings, 2));
  } else {
    print(pipeline.url);
    for (const line of findings.flatMap(showFinding)) print(line);
    print(
      faults === 0 ? "\nAll requirements are met." : `\nNot met: ${faults} of ${findings.length}.`,
    );
  }
  return faults === 0 ? 0 : 1;
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65535) return port;
  throw new InvalidArgumentError("Use a number from 1 to 65534.");
}

Deno.exit(await runCommand(main));
